"""Running: the record of a run, its manifest, transcription and scoring, and the trial of a shorter window.

Everything that turns audio (or transcripts) into counted errors in a run folder. Nothing here compares groups.
"""
