"""From a line to a statement to live code."""
