"""How the desk asks for each kind of rule, and shows it: one module a kind, found by the kind's name.

`hotlog add --help` loads them all for their options: what shows an event is imported by the function that shows it.
"""
