"""The message catalogue of every page and of the viewer: each sentence in English and Japanese."""
