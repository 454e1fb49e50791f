"""Events to a log group of CloudWatch Logs."""
