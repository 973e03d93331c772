"""What decides a training run, beside window, shape, batches and backbone."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from spear_stream.core.bounds import check_numbers
from spear_stream.core.errors import ConfigError

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class TrainingPlan:
    """Length, rate and checks of a run."""

    steps: int = 2000
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    warmup: int = 100
    newest_weight: float = 4.0
    """Weight of the newest patch in the loss: the daemon reads its newest points alone."""
    validate_every: int = 200
    validation_batches: int = 4
    patience: int = 6
    """Validations without a better loss before the run stops early."""
    seed: int = 0
    validation_seed: int | None = None
    """Of the held-out series; the seed when unset. Runs that are compared by validation must share it."""
    positive_weight: float = 1.0
    """Weight of anomalous points against normal ones in the loss; other than 1 wants `calibrate`."""
    short_path_weight: float = 0.0
    """Weight of the loss of the short path alone beside that of the whole model: what the last points say by
    themselves is learnt there, and the backbone adds what the rest of the window says."""
    deep_prompts: bool = False
    """Tune vectors at every layer in place of the first alone (arXiv 2110.07602)."""
    norm_gains: bool = False
    """Tune the gains of the backbone's normalisations beside the prompts (arXiv 2103.05247)."""
    precision: Precision = "float32"
    """Of the frozen backbone's linear layers in training steps: bfloat16 takes .6 of the time on a processor
    with instructions for it, and longer where there are none. Validation is in float32.
    """
    calibrate: bool = False
    """Scale the logits at the end so that probabilities fit held-out series (Platt, 1999)."""

    def __post_init__(self) -> None:
        counts = ("steps", "warmup", "validate_every", "validation_batches", "patience")
        check_numbers(self, *counts, least=1)
        check_numbers(self, "seed", "validation_seed", "weight_decay", "short_path_weight", least=0)
        check_numbers(self, "learning_rate", "newest_weight", "positive_weight", above=0)
        if self.precision not in get_args(Precision):
            raise ConfigError(
                f"precision must be one of {', '.join(get_args(Precision))}, got {self.precision!r}"
            )

    @property
    def held_out_seed(self) -> int:
        """Chooses what the validation sees."""
        return self.seed if self.validation_seed is None else self.validation_seed

    def rate(self, step: int) -> float:
        """Learning rate of a step: linear warm-up, then a half cosine down to a fiftieth."""
        warm = min(1.0, (step + 1) / self.warmup)
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, step / self.steps)))
        return self.learning_rate * (warm * (0.02 + 0.98 * cosine))
