"""What each kind of rule does, in words: one module a kind, found by the kind's name."""
