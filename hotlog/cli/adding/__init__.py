"""From what a person asks for to a rule that is checked, shown, stored and waited for.

ask ── kinds ──> plan ── checkout, reads ──> placing ── changes ──> store
└── outlook, preview: what the person is told ──> waiting
"""
