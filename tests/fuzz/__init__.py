"""Documents, rules and values of all kinds through everything that a document goes through in production.

`python -m tests.fuzz --seconds 300` lets atheris (`pip install atheris`, Linux) look for what breaks it, led by the
branches it reaches; tests/unit/test_fuzz.py does a little of it with hypothesis, each time.
"""
