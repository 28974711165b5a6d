from __future__ import annotations

import subprocess
import sys

import pytest

import speechfair.metrics


def test_every_public_name_is_there() -> None:
    for name in speechfair.metrics.__all__:
        assert getattr(speechfair.metrics, name) is not None
        assert name in dir(speechfair.metrics)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="attribute wer"):
        _ = speechfair.metrics.wer


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, speechfair.metrics; print({'numpy', 'scipy', 'polars', 'rapidfuzz'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
