"""Running a page's blocks: shell session, expectations, pytest plugin, run record."""

NO_CLUSTER = "run `ledger cluster up`, or pass --cluster-up"
"""What to do where there is none."""
