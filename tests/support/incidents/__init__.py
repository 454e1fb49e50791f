"""Incidents: bugs planted in small functions, with the traffic that meets them."""
