"""A function that cannot start."""

raise RuntimeError("no database at import")
