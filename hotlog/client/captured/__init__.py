"""Captured values as values again: for expressions over what an event holds."""
