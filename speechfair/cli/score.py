"""``speechfair score``: count errors in a transcribed run folder and estimate the groups' rates."""

from __future__ import annotations

from speechfair.cli import options
from speechfair.cli.audit import finish

__all__ = ["command"]


def command(
    run: options.RunArgument,
    group_by: options.GroupBy = None,
    reference: options.Reference = None,
    normalizer: options.Normalizer = None,
    tokens: options.Tokens = None,
    level: options.Level = 0.95,
    seed: options.Seed = 0,
    adjust: options.Adjust = None,
    metric: options.Metric = None,
    empty_references: options.EmptyReferences = "exclude",
    strip_prefix: options.StripPrefix = None,
    strip_suffix: options.StripSuffix = None,
    language: options.Language = "en",
    json: options.Json = False,
) -> None:
    """Score a transcribed run folder, replacing its scores, audit.json and report."""
    from speechfair.verbs.audit import score

    result = score(
        run,
        group_by or (),
        reference=options.pairs(reference, "--reference"),
        normalizer=normalizer,
        tokens=tokens,
        level=level,
        seed=seed,
        adjust=adjust or (),
        metrics=metric or (),
        empty_references=empty_references,
        strip_prefix=strip_prefix or (),
        strip_suffix=strip_suffix or (),
    )
    finish(result, run, json, language)
