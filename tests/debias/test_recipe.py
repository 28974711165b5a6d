"""Recipes: the shipped ones are valid, and what is wrong with one is said with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from speechfair.debias.method import debias_methods, load_method
from speechfair.debias.recipe import DebiasRecipe, MethodChoice, find_recipe, read_recipe, shipped_recipes
from speechfair.errors import InputError
from tests.debias.tiny import recipe

ERM = find_recipe("erm")


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_shipped_recipes_are_valid(name: str) -> None:
    recipe = read_recipe(find_recipe(name))
    load_method(recipe.method)
    assert f"speechfair debias {name} " in find_recipe(name).read_text(encoding="utf-8")


def test_every_method_ships_with_a_recipe() -> None:
    used = {read_recipe(path).method.name for path in shipped_recipes().values()}
    assert used >= set(debias_methods().names())


def test_settings_change_the_recipe() -> None:
    recipe = read_recipe(
        ERM,
        [
            "steps=7",
            "method.name=group_dro",
            "method.options.step=0.5",
            "train.0.root=elsewhere",
            "lora.rank=2",
        ],
    )
    assert (recipe.steps, recipe.method.name, recipe.method.options) == (7, "group_dro", {"step": 0.5})
    assert recipe.train[0].root == Path("elsewhere")
    assert recipe.lora is not None
    assert recipe.lora.rank == 2


def test_data_root_goes_before_every_root() -> None:
    recipe = read_recipe(ERM, ["data_root=some/where"])
    assert recipe.folder_of(recipe.train[0]) == Path("some/where/speechocean762")


def test_a_subset_stands_in_where_the_whole_corpus_is_not_there(tmp_path: Path) -> None:
    recipe = read_recipe(ERM, [f"data_root={tmp_path}"])
    native = recipe.evaluate[1]
    assert recipe.folder_of(native) == tmp_path / "LibriSpeech", "the error then names the whole corpus"
    (tmp_path / "librispeech-subset").mkdir()
    assert recipe.folder_of(native) == tmp_path / "librispeech-subset"
    (tmp_path / "LibriSpeech").mkdir()
    assert recipe.folder_of(native) == tmp_path / "LibriSpeech"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("steps", "write it as KEY=VALUE"),
        ("steps=many", "steps: Input should be a valid integer"),
        ("steps=0", "greater than or equal to 1"),
        ("stepps=3", "stepps: Extra inputs"),
        ("train.3.root=x", "'3' is no place in a list of 1"),
        ("steps.now=3", "nothing lies under|is a plain value"),
        ("window=fast", "window"),
        ("evaluate.0.group_by=[]", "group_by is empty"),
        ("evaluate.0.protected_groups=[l1=eng]", "must be AXIS=GROUP with an axis of group_by"),
        ("evaluate.0.protected=true", "every corpus to evaluate is protected"),
        ("evaluate.1.name=target", "share a name"),
    ],
)
def test_settings_that_do_not_work(word: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_recipe(ERM, [word])


def test_a_misspelt_key_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(ERM.read_text(encoding="utf-8").replace("learning_rate:", "learnrate:"), encoding="utf-8")
    line = 1 + path.read_text(encoding="utf-8").splitlines().index("learnrate: 1.0e-5")
    with pytest.raises(
        InputError, match=rf"mine.yaml, line {line}: unknown key 'learnrate'; did you mean 'learning_rate'"
    ):
        read_recipe(path)


def test_unknown_names_get_a_hint() -> None:
    with pytest.raises(InputError, match="did you mean 'balanced'"):
        find_recipe("balancd")
    with pytest.raises(InputError, match="did you mean 'group_dro'"):
        load_method(MethodChoice(name="groupdro"))
    with pytest.raises(InputError, match="no option 'stp'; did you mean 'step'"):
        load_method(MethodChoice(name="group_dro", options={"stp": 1}))
    with pytest.raises(InputError, match="option 'step'"):
        load_method(MethodChoice(name="group_dro", options={"step": -1}))


def test_a_recipe_survives_a_round_trip() -> None:
    recipe = read_recipe(ERM)
    assert DebiasRecipe.model_validate(recipe.model_dump(mode="json")) == recipe


@pytest.mark.parametrize("words", ["yes", " ", "with permission", True])
def test_a_permission_that_says_nothing_is_refused(words: Any) -> None:
    source = {"corpus": "manifest", "permission": words}
    with pytest.raises(ValidationError, match=r"no permission: say in words who|valid string"):
        recipe(Path("."), Path("."), train=[source])


def test_only_a_given_permission_is_among_the_settings() -> None:
    words = "N. N. allowed it in a letter of 2026-01-31"
    chosen = recipe(Path("."), Path("."), train=[{"corpus": "a"}, {"corpus": "b", "permission": words}])
    none, given = chosen.settings()["train"]
    assert "permission" not in none, "recipes without one stay the runs that they were"
    assert given["permission"] == words
    same = DebiasRecipe.model_validate({**chosen.settings(), "even_if_undetermined": True})
    assert same == chosen, "to go on or not does not make another run"
    evaluate = [{"name": "x", "corpus": "b", "group_by": ["accent"], "permission": words}]
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        recipe(Path("."), Path("."), evaluate=evaluate)
