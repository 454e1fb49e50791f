"""One module per command, or family of commands. Each is imported when it is asked for."""
