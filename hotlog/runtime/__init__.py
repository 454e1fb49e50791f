"""One Lambda invocation: when rules are read, and what stands around the handler."""
