"""Response probe: whether the voice changes how a speech-LLM answers."""
