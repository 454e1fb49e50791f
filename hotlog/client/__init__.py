"""What a person, a page, an editor or a coding agent can do at the desk. No terminal, no printing: faces show what it returns."""
