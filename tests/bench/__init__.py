"""How fast hotlog is, beside its peers and beside the line a developer would have typed: `python -m tests.bench`."""
