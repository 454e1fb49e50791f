"""What every command shares: its options, what their values mean, the terminal it talks to, and how its faults are told."""
