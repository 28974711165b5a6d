"""Importing: transcripts that exist already, from any tool's file, become run folders without audio.

`formats` holds one reader a file; `read_transcripts` joins references and hypotheses; `run_folders` writes what the
other rooms read. Nothing here scores, and nothing is guessed without being said.
"""
