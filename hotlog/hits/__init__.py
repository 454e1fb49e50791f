"""What every hit of every kind of rule goes through: gates, counters, rates, and the invocation that it belongs to."""
