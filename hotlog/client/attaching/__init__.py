"""The layer, and what putting it on a function changes."""
