"""What an engine and a guest in a process of its own agree on besides frames."""

from __future__ import annotations

GUEST_ZIP = "guest.zip"  # beside the folders of the guests that run from it
READY = "ready"  # the guest's first line; every later one is a frame
OUT_OF_MEMORY = 71  # the exit code of a guest that has no memory left to go on with
