"""Live values, read without running a line of the application's code."""
