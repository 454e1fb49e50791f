"""What a function's environments have logged, read back."""
