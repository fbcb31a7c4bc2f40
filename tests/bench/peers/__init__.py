"""Plain programs of other people's kind, to stand beside ours: what a good engineer writes in an hour."""
