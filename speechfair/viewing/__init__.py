"""The local viewer of scored runs: tables of its screens, a server on this machine, and the same as static files.

It reads run folders and writes nothing into them. Every figure of a group is the one in ``audit.json``.
"""
