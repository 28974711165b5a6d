"""Judging: the audits before and after, and what changed for whom."""
