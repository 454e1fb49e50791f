"""The backend that compiles a function anew, with the probes typed into its source."""
