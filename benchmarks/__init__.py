"""Speed and coverage, measured beside peers: `python -m benchmarks`. Not part of the installed package."""
