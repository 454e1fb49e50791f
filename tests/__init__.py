"""The tests of hotlog: `README.md` beside this file says what each folder proves and how to run it."""
