"""The tools that are measured, one module each: how its real engine is started and told to probe a line."""
