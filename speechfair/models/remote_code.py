"""Python code that a model folder brings along, and the consent to run it.

transformers would run such code with all rights of the user. Here it runs only with the option ``trust_remote_code``;
then the option and the code are part of the model's identity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechfair.errors import InputError, ModelError
from speechfair.strict_json import parse_json

__all__ = ["RemoteCode", "code_files", "remote_code"]

_NAMED_IN = ("config.json", "processor_config.json", "preprocessor_config.json", "tokenizer_config.json")


@dataclass(frozen=True, slots=True)
class RemoteCode:
    """The code of a model folder.

    Parameters
    ----------
    folder : the model folder.
    classes : names of transformers' auto classes that the folder's own code provides.
    trusted : the code may run.
    """

    folder: Path
    classes: frozenset[str]
    trusted: bool

    @property
    def files(self) -> tuple[str, ...]:
        """Patterns of files that belong to the model's digest because they run."""
        return code_files(self.trusted)

    @property
    def options(self) -> Mapping[str, bool]:
        """For the identity's options: nothing where no code runs."""
        return {"trust_remote_code": True} if self.trusted else {}

    def gives(self, auto_class: str) -> bool:
        """Whether code that may run provides the class behind an auto class."""
        return self.trusted and auto_class in self.classes

    def error(self, otherwise: str) -> ModelError:
        """Why the folder cannot be loaded: what `otherwise` says, and that its code may be what is lacking."""
        if self.trusted or not self.classes:
            return ModelError(otherwise)
        return ModelError(
            f"{otherwise}. The folder also brings Python code of its own ({_names(self.folder)}), which is not run. If "
            "the model needs it, read it; if you trust it, allow it with --model-option trust_remote_code=true. The "
            "option and the code become part of the model's identity"
        )


def code_files(trusted: bool) -> tuple[str, ...]:
    """Patterns of the files that hold a model's code, where it may run."""
    return ("**/*.py",) if trusted else ()


def remote_code(folder: Path, trusted: bool) -> RemoteCode:
    """The code that a model folder brings along.

    Raises
    ------
    InputError
        `trusted` is no flag, or the folder brings no code that could be trusted.
    ModelError
        The code lies in another repository, where it can change unseen.
    """
    if not isinstance(trusted, bool):
        raise InputError(f"trust_remote_code={trusted!r} is not usable: give true or false")
    found = [pair for name in _NAMED_IN for pair in _named(folder / name)]
    elsewhere = sorted({place for _, place in found if "--" in place})
    if trusted and not found:
        raise InputError(f"{folder} brings no Python code of its own; leave trust_remote_code out")
    if trusted and elsewhere:
        raise ModelError(
            f"{folder} takes its code from another repository ({elsewhere[0]}), so it would not be in the model's "
            "digest; copy the code into the folder and name it there"
        )
    return RemoteCode(folder, frozenset(name for name, _ in found), trusted)


def _named(path: Path) -> Iterator[tuple[str, str]]:
    """Auto classes and the places of their code that a file's ``auto_map`` names; a damaged file names none."""
    try:
        content: Any = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    places = content.get("auto_map") if isinstance(content, dict) else None
    for name, value in places.items() if isinstance(places, dict) else ():
        for place in value if isinstance(value, list) else [value]:
            if isinstance(place, str):
                yield str(name), place


def _names(folder: Path) -> str:
    names = sorted(path.name for path in folder.glob("*.py"))
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "") if names else "named in its configuration"
