"""Accent-strength probe: how the error rate grows with the strength of a planted accent."""
