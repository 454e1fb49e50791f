"""Handlers of the shapes that public examples have: a queue's batch, an HTTP API, a file that was uploaded."""
