"""The backup's dashboard as code: build it, or add its row to a dashboard that is there."""
