"""Everything that can be wrong with the store while a real handler is invoked through the real reader."""
