"""The conditions under which detectors are judged: the daemon's own, unless told otherwise."""

from dataclasses import dataclass
from math import ceil

from spear_stream.core.spec import CALM_HOP
from trainer.postprocess import Post


@dataclass(frozen=True)
class Conditions:
    """The same for all detectors that are judged together, but for calm_hop."""

    hop: int = 1
    """Score a series every this many points."""
    calm_hop: int = CALM_HOP
    """Most points between two scores of a series in which nothing is new (core/gate.py); up to `hop` it is
    `hop`. Of checkpoints: simple detectors cost next to nothing and are scored every `hop`.
    """
    post: Post = Post.full
    threads: int | None = None
    """Of the processor; all of them when None."""
    dtype: str = "auto"
    """Precision of the backbone."""

    @property
    def hops(self) -> str:
        """The hops of a checkpoint, in words."""
        calm = self.hop * ceil(self.calm_hop / self.hop)  # as the gate has it
        return f"hop {self.hop}" + (f", while calm {calm}" if calm > self.hop else "")
