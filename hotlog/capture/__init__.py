"""Live values to JSON-safe data, within limits, running no user code."""
