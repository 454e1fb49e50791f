"""The expression language, once: grammar, templates, and how both are evaluated at a hit."""
