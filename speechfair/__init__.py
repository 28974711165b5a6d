"""speechfair: audit speech models for accent bias, with intervals that can be trusted and re-derived.

>>> import speechfair
>>> speechfair.ErrorCounts(1, 0, 1, 8).rate
0.25
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.2.0"
