"""From what a person asks for to a rule that is stored: resolve -> check -> impact -> store."""
