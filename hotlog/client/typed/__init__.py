"""Log statements typed in a working copy as rules, and rules as typed log statements."""
