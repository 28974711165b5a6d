"""The card of a debiased model, ``README.md`` next to its weights: where it comes from, and who gained and who lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.debias.debias_tables import change_table
from speechfair.result_table import markdown

if TYPE_CHECKING:
    from speechfair.debias.judging.before_after import DebiasResult
    from speechfair.debias.recipe import DebiasRecipe

__all__ = ["card_text"]


def card_text(recipe: DebiasRecipe, result: DebiasResult) -> str:
    """The card as Markdown, with the metadata that the Hugging Face hub reads. It holds no path."""
    from speechfair.debias.method import load_method

    method = load_method(recipe.method)
    data = [
        f"- {row['group']}: {row['train_utterances']} utterances of {row['train_speakers']} speakers"
        for row in result.data
    ]
    done = "Trained on" if method.trains else "Used"
    permissions = [
        f"{done} {markdown(one['corpus'])} with its holder's permission: {markdown(one['permission'])}"
        for one in result.permissions
    ]
    parts = [
        "---\nlibrary_name: transformers\npipeline_tag: automatic-speech-recognition\n"
        "tags: [accent-fairness, speechfair]\n---",
        f"# {markdown(_name(recipe))}, debiased by {recipe.method.name}",
        f"Method: {method.summary} ({markdown(method.source)}).",
        _origin(recipe, result, trained=method.trains),
        *permissions,
        f"Groups of the {'training ' if method.trains else ''}speech, by {markdown(recipe.axis)}:\n\n"
        + "\n".join(data),
        f"## Who gained and who lost\n\nVerdict: **{result.verdict}**.",
        *([f"{markdown('; '.join(result.reasons))}."] if result.reasons else []),
        change_table(result).to_markdown(),
        "\n".join(f"- {markdown(note)}" for note in result.notes),
        "The licences of the base model and of the training corpora go on applying. The figures hold for these "
        "recordings, not for speakers and conditions that were not evaluated.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _origin(recipe: DebiasRecipe, result: DebiasResult, *, trained: bool) -> str:
    """What the weights were made from: the speech, whose texts, and models that existed before."""
    corpora = ", ".join(sorted({markdown(source.corpus) for source in recipe.train}))
    finish, options = result.training["finish"], recipe.method.options
    parts = [
        f"Trained on {corpora}, seed {recipe.seed}."
        if trained
        else f"Nothing was trained here; speech of {corpora} served to choose or to fit, seed {recipe.seed}."
    ]
    for option in ("speech", "source"):
        if named := sorted({markdown(str(one["corpus"])) for one in options.get(option) or []}):
            parts.append(f"Also used ({option} of the method): {', '.join(named)}.")
    if digests := finish.get("merged") or finish.get("averaged"):
        parts.append(f"Combined from models trained before, of sha256 {', '.join(digests)}.")
    if recipe.method.name == "self_train":
        teacher = finish.get("teacher")
        who = "the model itself" if options.get("teacher") is None else "a teacher that was not recorded"
        if teacher:
            who = f"{markdown(teacher['name'])} (sha256 {teacher['sha256'] or 'not known'})"
        parts.append(f"The texts of the training speech are transcripts by {who}.")
    return " ".join(parts)


def _name(recipe: DebiasRecipe) -> str:
    """The base model without a folder's path."""
    family, _, which = recipe.model.partition(":")
    return f"{family}:{which.rstrip('/').rsplit('/', 1)[-1]}"
