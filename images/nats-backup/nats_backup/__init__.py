"""Back up and restore NATS JetStream streams, and prove that what came back is what was saved."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
