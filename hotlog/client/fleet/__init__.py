"""Many functions at once: which are meant, each done within the limits of AWS, what all of an account carry."""
