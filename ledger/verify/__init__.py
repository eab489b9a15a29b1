"""Running a page's blocks: shell session, expectations, pytest plugin, run record."""
