"""Tenants' code and who starts it: trees of files, versions, schedules, and the platform that ties them together."""
