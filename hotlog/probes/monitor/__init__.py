"""The backend that leaves code as it is and listens to `sys.monitoring`."""
