"""Comparing: two or more models on the same audio, group by group, and whether anybody was degraded."""
