"""Readers of other tools' transcript files, one file each; the entry-point group is ``speechfair.importers``.

A reader gives every row that it can read, with its place, and the reason for every row that it cannot.
"""
