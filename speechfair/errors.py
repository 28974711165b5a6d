"""What can go wrong, in words that name the place and the next step. No error here loses computed work."""

from __future__ import annotations

__all__ = [
    "CorpusError",
    "DigestMismatchError",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "RunFolderError",
    "SpeechfairError",
    "StorageError",
]


class SpeechfairError(Exception):
    """Base of every error that speechfair raises on purpose. The CLI prints it without a traceback.

    The message says what was wrong, where (file, line, row id) and what to do next.
    """

    exit_code = 2

    def __str__(self) -> str:
        """The message. Half of a surrogate pair, which a damaged file may hold, is escaped: it could not be printed."""
        return super().__str__().encode("utf-8", "backslashreplace").decode()


class InputError(SpeechfairError):
    """An argument, a recipe or a card is not usable as given."""


class CorpusError(SpeechfairError):
    """A corpus is not where it should be, or not laid out as its loader knows it."""


class ModelError(SpeechfairError):
    """A model cannot be found or loaded."""


class DigestMismatchError(ModelError):
    """A file's content is not the content that was promised; it is not used."""


class MissingExtraError(SpeechfairError):
    """An optional dependency is absent; the message names the `pip install` that brings it."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the package {package!r}, which is not installed; "
            f"install it with: pip install 'speechfair[{extra}]'"
        )


class RunFolderError(SpeechfairError):
    """A run folder belongs to another recipe, or its content does not fit together."""


class StorageError(SpeechfairError):
    """Writing failed (disk full, no permission); what was written before is intact."""
