"""Random programs: the same with probes as without, and hit as if the probes had been typed.

    generate(seed) ── source ──> run ──────────────────────> record ─┐ the same
                        ├── probes on every line, run ─────> record ─┤
                        └── calls typed by `inserted`, run ─> hits ──┘ the same

`python -m tests.programs --count 20000` runs as many as are asked for.
"""
