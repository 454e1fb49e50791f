"""One module per kind of rule. It is imported with the first rule of that kind."""
