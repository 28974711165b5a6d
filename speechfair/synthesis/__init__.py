"""Synthesis: speech with planted accents, made with eSpeak NG, and the two synthetic corpora.

It supports no statement about real speakers.
"""
