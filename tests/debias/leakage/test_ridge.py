"""The ridge of the leakage probe against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from speechfair.debias.leakage.ridge import fold_of


@pytest.mark.parametrize("width", [4, 90])
@pytest.mark.parametrize("labels", ["ab", "abc", "aaab"])
def test_it_guesses_as_scikit_learn_does(labels: str, width: int) -> None:
    """With fewer and with more dimensions than utterances, and one that never changes."""
    rng = np.random.default_rng(width)
    states = rng.normal(2, 3, (60, width))
    states[:, 1] = 0.1
    truth = rng.choice(list(labels), 60)
    states[:, 0] += 3 * (truth == "b")
    seen = np.arange(60) % 3 > 0
    theirs = make_pipeline(StandardScaler(), RidgeClassifier(alpha=10.0, class_weight="balanced"))
    expected = theirs.fit(states[seen], truth[seen]).predict(states[~seen])
    assert fold_of(states, seen).guess(truth[seen]).tolist() == expected.tolist()


def test_of_one_label_it_guesses_that() -> None:
    fold = fold_of(np.eye(4), np.array([True, True, False, False]))
    assert fold.guess(np.array(["a", "a"])).tolist() == ["a", "a"]
