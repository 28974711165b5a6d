"""Auditing: error rates by group from a scored run, with intervals, adjusted ratios and verification."""
