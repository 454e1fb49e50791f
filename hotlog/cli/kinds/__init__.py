"""How the desk asks for each kind of rule, and shows it: one module a kind, found by the kind's name."""
