"""One file per corpus: a loader of the corpus in the layout in which it is published."""
