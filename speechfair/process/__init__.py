"""The training process, documented and provable: a catalogue of demands, evidence for each, a ledger, and gates.

Nothing here measures a model; `speechfair.auditing` does. This room reads what is there, decides what can be decided
from it, keeps who said what, and never takes the absence of evidence for a pass.
"""
