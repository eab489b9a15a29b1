"""Pages on several workers of pytest-xdist."""

from __future__ import annotations

from xdist.scheduler import LoadGroupScheduling


class PageScheduling(LoadGroupScheduling):  # type: ignore[misc]
    """Gives a page to one worker, whole: its blocks share one shell. Other tests go one by one."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return path if path.endswith(".md") else super()._split_scope(nodeid)
