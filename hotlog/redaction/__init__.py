"""What may not be shown: names, forms and values of secrets."""
