"""What editors need to start `hotlog dap`."""
