"""Events, statuses and versions as text for a person."""
