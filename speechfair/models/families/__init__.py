"""One file per family of models that run in this process."""
