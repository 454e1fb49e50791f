"""A fleet of environments that share one quota of Parameter Store, in virtual time, with hotlog's own refresh policy."""
