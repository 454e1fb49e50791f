"""The page: `hotlog ui`. Rendered here, shown by a browser on the same machine; it decides nothing that the client decides."""
