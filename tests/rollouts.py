"""Services that follow a control topic in memory."""

from dataclasses import dataclass, field
from typing import Any

from streams import SPEC, make_service

from spear_stream.core.challenge import Challenge
from spear_stream.core.control import Artefact, Prompts
from spear_stream.core.fleet import Fleet
from spear_stream.core.ports import Source
from spear_stream.core.roles import Roles
from spear_stream.core.rollout import Rollout
from spear_stream.core.tolerant import FittingScorer
from spear_stream.service import Service
from spear_stream.testing import (
    FakeClock,
    ListControl,
    ListSink,
    PromptedStepScorer,
    RecordingRollout,
    RecordingTelemetry,
    checkpoint_ref,
)

OPEN_SCORE = 0.4
ONE, TWO, BROKEN = Artefact(b"one", b"0.5"), Artefact(b"two", b"1.0"), Artefact(b"broken", b"junk")
ONE_REF, TWO_REF, BROKEN_REF = map(checkpoint_ref, (ONE, TWO, BROKEN))


@dataclass
class Site:
    """One worker's surroundings."""

    control: ListControl = field(default_factory=ListControl)
    scorer: PromptedStepScorer = field(default_factory=lambda: PromptedStepScorer(SPEC))
    sink: ListSink = field(default_factory=ListSink)
    shadow: ListSink = field(default_factory=ListSink)
    told: RecordingRollout = field(default_factory=RecordingRollout)
    clock: FakeClock = field(default_factory=FakeClock)
    base: dict[str, int] = field(default_factory=dict)
    """Prompt index by series, as the settings say."""

    def __post_init__(self) -> None:
        self.fitting = FittingScorer(self.scorer, RecordingTelemetry())

    def prompts(self, fleet: Fleet) -> Prompts:
        challenge = Challenge(self.fitting, fleet, self.shadow, self.told, OPEN_SCORE)
        return Rollout(
            self.control, self.scorer, fleet, self.told, challenge, self._base, self.clock.monotonic
        )

    def service(self, source: Source, **more: Any) -> Service:
        given = {"scorer": self.fitting, "clock": self.clock, "make_prompts": self.prompts}
        return make_service(source, self.sink, **given, **more)

    def _base(self, series: str) -> int:
        return self.base.get(series, 0)


def champion(ref: Any, previous: Any = None) -> Roles:
    return Roles(champion=ref, previous=previous)
