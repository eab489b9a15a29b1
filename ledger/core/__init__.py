"""Skill files: phases, budgets, headers and lossless edits of them. No network, no clock."""
