"""A recording of one invocation: what is read at each line (`plan`), how it is taken down (`tape`), what becomes of it."""
