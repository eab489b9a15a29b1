"""Pages, their command blocks, and the evidence that the blocks work."""
