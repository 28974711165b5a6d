"""Verbs: one public function for each command of the command line, with the same name."""
