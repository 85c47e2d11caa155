"""``python -m dynamic_workflows`` is the command ``dynamic-workflows``."""

from __future__ import annotations

import sys

from dynamic_workflows.cli.main import main

sys.exit(main())
