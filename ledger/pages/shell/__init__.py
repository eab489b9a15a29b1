"""Shell text: what its commands do, read and never run."""
