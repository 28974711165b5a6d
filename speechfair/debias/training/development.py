"""Word error rates on the development speakers, by group: what early stopping and model averaging look at.

Greedy decoding, so that a check is quick; the audits before and after decode with care. A Whisper decode on a short
window that looks like a runaway is redone greedily on the model's own window, as the audits redo theirs (they also
try temperatures).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from speechfair.debias.data.training_batches import SAMPLE_RATE, SpeechCollator, read_samples
from speechfair.debias.training.window import audio_window, unwrapped
from speechfair.errors import InputError
from speechfair.models.runaway import suspicion
from speechfair.models.weights import quiet_transformers
from speechfair.models.windows import token_limit

if TYPE_CHECKING:
    from speechfair.debias.data.training_data import Row
    from speechfair.debias.training.pieces import Pieces
    from speechfair.metrics.error_counts import Tokens
    from speechfair.types import ErrorCounts, Hypothesis, Normalizer, Recognizer

__all__ = ["Development", "recognized", "transcripts"]

DECODING_BATCH = 16
AT_ONCE = 128
"""Rows whose audio is in memory while a recogniser decodes."""


class Development:
    """The development rows with what is needed to decode and count them.

    Parameters
    ----------
    rows : of speakers who are not trained on.
    guard : of protected speakers, whose rate is ``protected``, apart from the groups.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        pieces: Pieces,
        window_s: float,
        normalizer: Normalizer,
        tokens: Tokens = "words",
        guard: Sequence[Row] = (),
    ) -> None:
        self._guard = [row for row in guard if normalizer(row.text)]
        if guard and not self._guard:
            raise InputError("every text of the protected development speakers is empty after normalising")
        self._pieces, self._window_s = pieces, window_s
        self._normalizer = normalizer
        self._tokens: Tokens = tokens
        self.groups = sorted({row.group for row in rows})
        self._rows = [row for row in rows if normalizer(row.text)]
        for group in self.groups:
            if group not in {row.group for row in self._rows}:
                raise InputError(f"every development text of the group {group!r} is empty after normalising")

    def rates(self, model: Any) -> dict[str, Any]:
        """Word error rates (errors per reference word).

        Returns
        -------
        ``groups`` (rate by group), ``macro`` (their mean), ``worst``, ``worst_group``; and ``protected`` where there
        are protected development speakers.
        """
        return self._by_group(self.counts(model, [*self._rows, *self._guard]))

    def decoded_rates(self, recognizer: Recognizer) -> dict[str, Any]:
        """The same of a recogniser, a transcript that fails counted as an empty one; and what decoding costs.

        ``seconds_per_audio_second`` is wall time of reading and decoding over the length of the audio.
        """
        rows = [*self._rows, *self._guard]
        started = time.perf_counter()
        found = recognized(recognizer, rows)
        spent = time.perf_counter() - started
        counts = self.compared([row.text for row in rows], [one.text or "" for one in found])
        cost = spent / max(sum(row.duration_s for row in rows), 1e-9)
        return {**self._by_group(counts), "seconds_per_audio_second": cost}

    def _by_group(self, every: Sequence[ErrorCounts]) -> dict[str, Any]:
        counts, guarded = every[: len(self._rows)], every[len(self._rows) :]
        by_group: dict[str, float] = {}
        for group in self.groups:
            errors = sum(c.errors for row, c in zip(self._rows, counts, strict=True) if row.group == group)
            words = sum(
                c.reference_length for row, c in zip(self._rows, counts, strict=True) if row.group == group
            )
            by_group[group] = errors / words
        worst = max(by_group, key=lambda group: by_group[group])
        return {
            "groups": by_group,
            "macro": sum(by_group.values()) / len(by_group),
            "worst": by_group[worst],
            "worst_group": worst,
            **(
                {"protected": sum(c.errors for c in guarded) / sum(c.reference_length for c in guarded)}
                if guarded
                else {}
            ),
        }

    def counts(self, model: Any, rows: Sequence[Row]) -> list[ErrorCounts]:
        """Errors of `model` on each of `rows`."""
        texts = transcripts(model, rows, self._pieces, self._window_s)
        return self.compared([row.text for row in rows], texts)

    def compared(self, references: Sequence[str], texts: Sequence[str]) -> list[ErrorCounts]:
        """Errors of each text against its reference, both normalised as for the rates."""
        from speechfair.metrics import count_errors
        from speechfair.types import ErrorCounts

        table = count_errors(
            [self._normalizer(text) for text in references],
            [self._normalizer(text) for text in texts],
            tokens=self._tokens,
        )
        names = ("substitutions", "deletions", "insertions", "reference_length")
        return [ErrorCounts(*(int(row[name]) for name in names)) for row in table.iter_rows(named=True)]


def recognized(recognizer: Recognizer, rows: Sequence[Row]) -> list[Hypothesis]:
    """What a recogniser makes of `rows`, in order, a few at a time."""
    from speechfair.types import Audio

    if recognizer.sample_rate != SAMPLE_RATE:
        raise InputError(f"the recogniser takes {recognizer.sample_rate} Hz; rows are decoded at 16 kHz only")
    found: list[Hypothesis] = []
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        found += recognizer.transcribe([Audio(row.id, read_samples(row), SAMPLE_RATE) for row in part])
    return found


def transcripts(
    model: Any,
    rows: Sequence[Row],
    pieces: Pieces,
    window_s: float,
    *,
    temperature: float | None = None,
    seed: int = 0,
) -> list[str]:
    """Transcripts of `rows`, in order. The model's mode and its own window are put back.

    Parameters
    ----------
    temperature : draw Whisper's tokens at it, from `seed`, and keep what looks like a runaway; None decodes greedily.
    """
    if pieces.kind == "ctc":
        from speechfair.debias.training.ctc_training import ctc_transcripts

        return ctc_transcripts(model, rows, pieces)
    import torch

    whisper = unwrapped(model)
    training, device = model.training, next(whisper.parameters()).device
    collator = SpeechCollator(pieces.extractor, window_s, int(pieces.tokenizer.pad_token_id))
    order = sorted(range(len(rows)), key=lambda place: (rows[place].duration_s, rows[place].id))
    found: dict[int, str] = {}

    def decode(places: Sequence[int], least_s: float) -> list[int]:
        """Decode some rows together; gives those that look like runaways on a short window."""
        samples = [read_samples(rows[place]) for place in places]
        seconds = collator.window(samples, least_s)
        features = collator.features(samples, seconds).to(device)
        with torch.no_grad(), audio_window(model, seconds), quiet_transformers():
            tokens = _generate(whisper, features, pieces.tokenizer, seconds, temperature)
        texts = pieces.tokenizer.batch_decode(tokens, skip_special_tokens=True)
        found.update(zip(places, texts, strict=True))
        ended = (tokens == pieces.tokenizer.eos_token_id).any(dim=1).tolist()
        return [
            place
            for place, text, end in zip(places, texts, ended, strict=True)
            if seconds < pieces.full_window_s and suspicion(text, rows[place].duration_s, hit_limit=not end)
        ]

    model.eval()
    try:
        again: list[int] = []
        with torch.random.fork_rng(enabled=temperature is not None):
            if temperature is not None:
                torch.manual_seed(seed)
            for start in range(0, len(order), DECODING_BATCH):
                again += decode(order[start : start + DECODING_BATCH], window_s)
        if temperature is not None:
            again = []
        for start in range(0, len(again), DECODING_BATCH):
            decode(again[start : start + DECODING_BATCH], pieces.full_window_s)
    finally:
        model.train(training)
    return [found[place] for place in range(len(rows))]


def _generate(
    whisper: Any, features: Any, tokenizer: Any, seconds: float, temperature: float | None = None
) -> Any:
    """Tokens after the prompt, of a window that is already set: greedy, or drawn at a temperature."""
    import torch
    from transformers import GenerationConfig
    from transformers.generation import GenerationMixin

    given, prompt = whisper.generation_config, list(tokenizer.prefix_tokens)
    settings = GenerationConfig(
        max_new_tokens=min(token_limit(seconds), whisper.config.max_target_positions - len(prompt)),
        num_beams=1,
        do_sample=temperature is not None,
        **({} if temperature is None else {"temperature": temperature, "top_k": 0}),
        suppress_tokens=given.suppress_tokens,
        begin_suppress_tokens=given.begin_suppress_tokens,
        decoder_start_token_id=prompt[0],
        eos_token_id=given.eos_token_id,
        pad_token_id=given.pad_token_id,
    )
    # Whisper's own generate() pads to 30 s and rules its own prompt; the plain one does as it is told
    tokens = GenerationMixin.generate(
        whisper,
        encoder_outputs=whisper.get_encoder()(features),
        decoder_input_ids=torch.tensor([prompt] * len(features), device=features.device),
        generation_config=settings,
    )
    return tokens[:, len(prompt) :]
