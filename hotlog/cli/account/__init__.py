"""What commands ask of an AWS account: functions and their code, logs, configuration, permissions."""
