"""Bad invocations beside good ones: what differs, and what of that is the cause."""
