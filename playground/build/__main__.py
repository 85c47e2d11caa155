"""`python -m playground.build` builds the site of this checkout into dist/."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from playground.build.site import build_site
from playground.build.steps import BuildError


def main() -> int:
    """Build, say what was done, and return the exit code."""
    began = time.monotonic()
    print("Building the site", flush=True)
    try:
        steps = build_site(Path(__file__).resolve().parents[2])
    except BuildError as error:
        print(f"\nThe site could not be built. {error}", file=sys.stderr)
        return 1
    done = "built" if steps.ran else "nothing has changed"
    print(f"dist/: {done}, {time.monotonic() - began:.1f} s", flush=True)
    return 0


sys.exit(main())
