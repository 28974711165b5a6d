"""Exploring: how many speakers a study needs, which groups nobody labelled, and whether confidence can be trusted.

Nothing here gives a verdict.
"""
