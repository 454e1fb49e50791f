"""What differs between versions of Python, and `sys.monitoring`: knows neither rules nor probes."""
