"""The AWS account: its functions, who asks, how much runs at once."""
