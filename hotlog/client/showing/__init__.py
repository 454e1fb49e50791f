"""What events say, as lines of text with roles: the terminal, the page and coding agents show the same."""
