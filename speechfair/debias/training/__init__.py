"""Training: the model in parts, objectives, the Trainer around them, and the development set."""
