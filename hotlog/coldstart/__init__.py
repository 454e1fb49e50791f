"""What keeps a cold start short: the engine comes piece by piece, regular expressions when they are used."""
