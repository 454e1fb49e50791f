"""Why a rule is silent: what `doctor` checks, what `status` folds, what `tail` hints at."""
