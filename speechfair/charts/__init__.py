"""Charts: how estimates are drawn, on pages, in notebooks and in files."""
