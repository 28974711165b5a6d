"""Data for training: which rows, from which sources, drawn and altered how."""
