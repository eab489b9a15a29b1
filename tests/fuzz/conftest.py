"""How hard to try: `make fuzz` asks for much, any other run for little."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("fuzz", max_examples=20_000, print_blob=True)
