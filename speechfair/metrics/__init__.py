"""Counting errors and saying how sure one can be of rates, ratios and gaps between groups of speakers.

The speaker is the unit of sampling throughout. Nothing here reads a file, runs a model or knows a label axis.
A name is imported when it is first used, so that importing this package costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
