"""Probes: what a speech-LLM grounds in what it hears, how strongly an accent hurts, how a voice changes a reply.

A name is imported when it is first used, so that importing this package costs nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
