"""What commands are given: the options of all of them, what their values mean, and how a shell completes them."""
