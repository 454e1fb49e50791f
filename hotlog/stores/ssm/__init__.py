"""Rules in Parameter Store of AWS Systems Manager: read in Lambda, written by the commands."""
