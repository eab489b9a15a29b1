"""Measurements of the ledger beside other tools, in one run."""
