"""Taking this program into use: a project of one's own, and what the machine has for it."""
