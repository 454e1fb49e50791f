"""What people look at in a function: events, values, errors. Written down from public knowledge, before the code that shows them."""
