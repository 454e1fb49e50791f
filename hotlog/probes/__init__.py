"""Rules into running code, and out again. Knows neither hits nor sinks: whoever installs brings the callback."""
