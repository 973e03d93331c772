"""A model that fails on some windows and some sizes of batches."""

from streams import SPEC

from spear_stream.core.errors import OutOfMemory
from spear_stream.core.records import Float32Array, ModelInfo, StructArray
from spear_stream.testing import StepScorer

POISON = 666.0


class Brittle:
    """Fails on a batch with POISON as a newest value, with one of another size, or always."""

    def __init__(self, *, most: int = 1000, broken: bool = False) -> None:
        self.most, self.broken = most, broken
        self.sizes: list[int] = []
        self._plain = StepScorer(SPEC)

    def score(self, windows: StructArray) -> Float32Array:
        self.sizes.append(len(windows))
        if len(windows) > self.most:
            raise OutOfMemory("too many")
        if self.broken or (windows["value"] == POISON).any():
            raise RuntimeError("index out of range in self")
        return self._plain.score(windows)

    def describe(self, prompt: int) -> ModelInfo:
        return self._plain.describe(prompt)
