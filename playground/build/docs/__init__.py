"""Builds the docs of content/docs into dist/docs, a static page each."""
