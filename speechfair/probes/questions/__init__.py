"""Question sets: recorded speech with questions whose answers are known, scored with results by group."""
