"""The rules that are wanted become probes that are in; and each has a status that says what became of it."""
