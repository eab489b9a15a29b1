"""Run the tool as `python3 -m nats_backup`."""

from __future__ import annotations

import sys

from nats_backup.cli import main

sys.exit(main())
