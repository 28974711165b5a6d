"""Which engine recognises: asked for by name, with its own options, and refused with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from speechfair.errors import InputError, MissingExtraError
from speechfair.running import ray_engine
from speechfair.running.engine_choice import load_engine


@pytest.fixture
def _ray_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_engine.util, "find_spec", lambda name: object())


@pytest.mark.parametrize(
    "options", [{"workers": 0}, {"workers": 1.5}, {"cpus": -1}, {"gpus": "2"}, {"cpus": 0}]
)
@pytest.mark.usefixtures("_ray_is_there")
def test_bad_numbers_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="the engine ray cannot run"):
        load_engine("ray", **options)


@pytest.mark.usefixtures("_ray_is_there")
def test_unknown_engines_and_options_are_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'ray'"):
        load_engine("rays")
    with pytest.raises(
        InputError, match="unknown option 'worker' for the engine 'ray'; did you mean 'workers'"
    ):
        load_engine("ray", worker=2)
    with pytest.raises(InputError, match="unknown option 'address' for the engine 'local'"):
        load_engine("local", address="auto")


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_engine.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'speechfair\[ray\]'"):
        load_engine("ray")
