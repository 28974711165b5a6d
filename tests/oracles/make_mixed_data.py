"""Write the scores that `make_lme4.R` and `make_glmmTMB.R` fit: ``python -m tests.oracles.make_mixed_data``. Seeded."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.planted import planted_corpus

FOLDER = Path(__file__).parent / "mixed"
CONFOUNDED = {"a": 0.25, "b": 0.75, "c": 0.5}


def main() -> None:
    rng = np.random.default_rng(20)
    ratios = {"a": 1.0, "b": 1.25, "c": 1.5}
    corpora = {
        "poisson": planted_corpus(rng, ratios, speakers=16, female_share=CONFOUNDED, unequal=True),
        "few_speakers": planted_corpus(rng, {"a": 1.0, "b": 1.5}, speakers=6, utterances=6, speaker_sd=0.6),
        "crossed_texts": planted_corpus(rng, ratios, speakers=14, female_share=CONFOUNDED, text_sd=0.5),
        "over_dispersed": planted_corpus(rng, ratios, speakers=16, female_share=CONFOUNDED, shape=1.0),
        "over_dispersed_texts": planted_corpus(
            rng, ratios, speakers=16, female_share=CONFOUNDED, shape=1.0, text_sd=0.5
        ),
    }
    FOLDER.mkdir(exist_ok=True)
    for name, corpus in corpora.items():
        corpus.drop("deletions", "insertions").rename({"substitutions": "errors"}).write_csv(
            FOLDER / f"{name}.csv"
        )


if __name__ == "__main__":
    main()
