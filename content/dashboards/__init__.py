"""Dashboards of a fleet of durable workflows, in Panel: `fleet.view(platform)` and `instance.view(platform, name)`.

One source for a notebook, for the page `/dashboard/` of the site, and for `panel serve` over a store file.
"""
