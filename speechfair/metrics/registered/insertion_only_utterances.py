"""Utterances whose every error is an insertion: all that was said is there, and something else too."""

import polars as pl

from speechfair.metrics.metric import Metric

METRIC = Metric(
    name="insertion_only_utterances",
    title="utterances with insertions only",
    short="ins. only",
    event="utterances with insertions only",
    trial="utterances",
    events=(pl.col("insertions") > 0) & (pl.col("substitutions") + pl.col("deletions") == 0),
    trials=pl.lit(1),
    kind="proportion",
    rare=True,
    about="Utterances in which every reference token was found and more was added: invented or repeated words.",
)
"""The metric."""
