"""Build the site with Zensical, too, and tell what differs: `make zensical`."""
