"""What a prompt shares with the one before it is computed once: several questions about one transcript begin alike.

Only for caches whose every layer keeps all tokens; a sliding window or a recurrent state cannot be cut back.
"""

from __future__ import annotations

from typing import Any

__all__ = ["PromptPrefix"]


class PromptPrefix:
    """Keys and values of the last prompt of one model, cut back to what the next prompt begins with.

    Parameters
    ----------
    config : of the model, as transformers gives it.
    """

    def __init__(self, config: Any) -> None:
        from transformers.cache_utils import DynamicLayer

        self._config = config
        self._before: tuple[list[int], Any] = [], self._empty()
        self.usable = all(type(layer) is DynamicLayer for layer in self._before[1].layers)
        """Whether this model's cache can be cut back."""

    def cache(self, prompt: list[int]) -> Any:
        """The cache to generate with after the tokens of `prompt`; generating fills it.

        It holds less than the whole prompt, because a model needs a token to go on from.
        """
        before, cache = self._before
        shared = 0
        for ours, theirs in zip(prompt[:-1], before, strict=False):
            if ours != theirs:
                break
            shared += 1
        if shared == 0:
            cache = self._empty()
        for layer in cache.layers:
            if layer.is_initialized:
                layer.keys, layer.values = layer.keys[..., :shared, :], layer.values[..., :shared, :]
        self._before = prompt, cache
        return cache

    def forget(self) -> None:
        """Start anew: after an error the cache may hold anything."""
        self._before = [], self._empty()

    def _empty(self) -> Any:
        from transformers.cache_utils import DynamicCache

        return DynamicCache(config=self._config)
