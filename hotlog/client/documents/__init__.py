"""A function's document as the commands read and change it."""
