"""Leakage: whether a label can be read from encoder states, layer by layer."""
