"""What your own tests and conftest files may use; all else may change.

The pytest plugin also brings the fixtures `ledger_pages` (a `Pages`) and `cluster` (an `Identity`).
"""

from __future__ import annotations

from ledger.cluster import Identity, environment
from ledger.verify.trial import BlockResult, PageResult, Pages

__all__ = ["BlockResult", "Identity", "PageResult", "Pages", "environment"]
