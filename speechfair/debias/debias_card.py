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
    from speechfair.debias.method import debias_methods

    method = debias_methods().load(recipe.method.name)
    data = [
        f"- {row['group']}: {row['train_utterances']} utterances of {row['train_speakers']} speakers"
        for row in result.data
    ]
    permissions = [
        f"Trained on {markdown(one['corpus'])} with its holder's permission: {markdown(one['permission'])}"
        for one in result.permissions
    ]
    parts = [
        "---\nlibrary_name: transformers\npipeline_tag: automatic-speech-recognition\n"
        "tags: [accent-fairness, speechfair]\n---",
        f"# {markdown(_name(recipe))}, debiased by {recipe.method.name}",
        f"Method: {method.summary} ({markdown(method.source)}). "
        f"Trained on {', '.join(sorted({markdown(source.corpus) for source in recipe.train}))}, seed {recipe.seed}.",
        *permissions,
        f"Groups of the training speech, by {markdown(recipe.axis)}:\n\n" + "\n".join(data),
        f"## Who gained and who lost\n\nVerdict: **{result.verdict}**.",
        *([f"{markdown('; '.join(result.reasons))}."] if result.reasons else []),
        change_table(result).to_markdown(),
        "\n".join(f"- {markdown(note)}" for note in result.notes),
        "The licences of the base model and of the training corpora go on applying. The figures hold for these "
        "recordings, not for speakers and conditions that were not evaluated.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _name(recipe: DebiasRecipe) -> str:
    """The base model without a folder's path."""
    family, _, which = recipe.model.partition(":")
    return f"{family}:{which.rstrip('/').rsplit('/', 1)[-1]}"
