"""Builds the static site into dist/: `python -m playground.build`."""
