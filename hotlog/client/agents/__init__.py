"""What a coding agent may ask for, and what waits for a person's yes."""
