"""What to log, and where: pure data that knows neither AWS nor running code."""
