"""Grounding probes: what a speech-LLM knows of what it heard, level by level, with known answers."""
