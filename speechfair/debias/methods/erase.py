"""LEACE on the encoder's states: what a linear probe could read of the group is taken out, and nothing is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from speechfair.debias.method import Method, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from speechfair.debias.training.leace import Eraser

__all__ = ["Erase"]

NOT_SHOWN = 0.05
NOTHING_FOUND = (
    "the probe does not find the group in the encoder's last states (p above 0.05), so there was little to erase; "
    "speechfair debias leakage shows the other layers, which erase cannot change"
)


class Erase(Method):
    """The eraser is an affine map of the encoder's last states, folded into the weights that read them.

    Only the last states: a map between two layers would not fold into weights, because a residual connection passes it
    by. In Whisper those are the keys and values of the decoder's cross-attention, in a CTC model the output layer; the
    model keeps its shape. The constant that keys would gain is the same for every frame and has no effect on attention.
    An instrument more than a cure: the record tells what probes found before and after. The one after may do far worse
    than chance: the groups' means over all training speakers were made equal, so that those whom a fold leaves out lean
    away from what it learnt. It is a sign of the fit, not of more than erasure.
    """

    name = "erase"
    summary = "take what a linear probe reads of the group out of the encoder's states (LEACE)"
    source = "Belrose et al., LEACE: perfect linear concept erasure in closed form, NeurIPS 2023"
    trains = False

    def finish(self, stage: Stage) -> dict[str, Any]:
        """Fit the eraser on the frames of the training rows and fold it in."""
        import numpy as np

        from speechfair.debias.leakage.encoder_states import frame_states
        from speechfair.debias.leakage.leakage import probe
        from speechfair.debias.training.leace import fit_eraser

        rows, groups = (*stage.data.train, *stage.data.dev), list(stage.data.groups)
        n_train, means = len(stage.data.train), []

        def batches() -> Iterator[tuple[NDArray[np.float64], int]]:
            states = frame_states(stage.model, rows, stage.pieces, stage.window_s)
            for place, (row, frames) in enumerate(zip(rows, states, strict=True)):
                means.append(frames.mean(axis=0))
                if place < n_train:  # development speakers are not used for fitting
                    yield frames, groups.index(row.group)

        eraser = fit_eraser(batches(), len(groups))
        names, speakers = [row.group for row in rows], [row.speaker for row in rows]
        found = np.stack(means)
        # the map is affine, so the mean of erased states is the erased mean
        before, after = (probe(part, names, speakers, stage.recipe.seed) for part in (found, eraser(found)))
        _fold(stage.model, eraser, stage.pieces.kind)
        record = {
            "rank": eraser.rank,
            "leakage_before": before.model_dump(),
            "leakage_after": after.model_dump(),
        }
        return {**record, "note": NOTHING_FOUND} if before.p is None or before.p > NOT_SHOWN else record


def _fold(model: Any, eraser: Eraser, kind: str) -> None:
    """Let every layer that reads the encoder's states read the erased ones."""
    if kind == "ctc":
        readers = [model.lm_head]
    else:
        layers = model.model.decoder.layers
        readers = [
            part for layer in layers for part in (layer.encoder_attn.k_proj, layer.encoder_attn.v_proj)
        ]
    for reader in readers:
        _read_erased(reader, eraser)


def _read_erased(reader: Any, eraser: Eraser) -> None:
    import torch

    with torch.no_grad():
        weight = reader.weight.double()
        matrix, offset = (torch.from_numpy(part).to(weight.device) for part in (eraser.matrix, eraser.offset))
        if reader.bias is not None:
            reader.bias.copy_(reader.bias.double() + weight @ offset)
        reader.weight.copy_(weight @ matrix)
