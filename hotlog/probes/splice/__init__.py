"""The backend that inserts calls into bytecode."""
