"""The code that is deployed: where it is fetched from, and where it is looked up."""
