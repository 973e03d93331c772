"""One partition's series from samples to windows and from scores to events."""

from collections.abc import Callable

import numpy as np
from scipy.special import expit

from spear_stream.core.admission import Admission
from spear_stream.core.alerts import AlertBook
from spear_stream.core.bursts import Bursts
from spear_stream.core.coarse import Coarse
from spear_stream.core.detector_settings import BURSTS_SINCE, FUTURE_REFUSED_SINCE, DetectorSettings
from spear_stream.core.endings import Endings, Shadow
from spear_stream.core.evidence import Evidence
from spear_stream.core.gate import hops_of
from spear_stream.core.judge import Judge
from spear_stream.core.kinds import KindReader
from spear_stream.core.last_windows import LastWindows
from spear_stream.core.likelihood import UNMARKED
from spear_stream.core.no_data import NoData
from spear_stream.core.order import in_order
from spear_stream.core.records import (
    AlertEvent,
    BoolArray,
    Float32Array,
    IndexArray,
    MarkArray,
    ModelInfo,
    Observation,
    SampleBatch,
    Scored,
    StructArray,
    TopicPartition,
)
from spear_stream.core.roster import Roster
from spear_stream.core.rounds import joined, rounds
from spear_stream.core.silence import Silence
from spear_stream.core.stored import DetectorState
from spear_stream.core.unit_quantizer import make_quantizer
from spear_stream.core.windows import WindowStore


class Detector:
    """State of all series of one partition; pure: `now` is an argument, scores come from outside."""

    def __init__(
        self,
        source: TopicPartition,
        owner: int,
        settings: DetectorSettings,
        prompt_of: Callable[[str], int],
        model_of: Callable[[int], ModelInfo],
        evidence: Evidence | None = None,
        kinds: KindReader | None = None,
    ) -> None:
        self.source = source
        self.owner = owner
        self.settings, spec = settings, settings.spec
        self.roster = Roster(settings.max_series, settings.idle_ms, prompt_of)
        self._admission = Admission(
            self.roster,
            settings.max_series,
            settings.max_future_ms,
            rows_for_all=settings.rules < FUTURE_REFUSED_SINCE,
        )
        self.quantizer = make_quantizer(spec)
        self.windows = WindowStore(spec)
        hop, robust = settings.hop, spec.scaling == "robust"
        block = settings.block if robust else 0  # the other scalings have no codes of means
        self._hops = hops_of(spec, hop, settings.calm_hop, young=spec.length)
        self._coarse = Coarse(spec, block, hop, settings.calm_means) if block else None
        self._bursts = Bursts() if settings.rules >= BURSTS_SINCE and robust else None
        self.judging = Judge(spec, settings.block, hop, evidence)
        self.alerts = AlertBook(source, spec, settings.policy, hop, self.roster.name_of, model_of, kinds)
        self._silence = Silence(settings.silent_ms, self.quantizer)
        least_points = spec.first_score(hop)
        self._no_data = NoData(
            source, settings.policy, least_points, self.roster.name_of, model_of, self.windows
        )
        last_windows = LastWindows(self.windows, self.quantizer, self.roster, self._no_data, hop)
        self._endings = Endings(self._silence, self._no_data, self.alerts, self.windows, last_windows)
        self._told: list[AlertEvent] = []
        self.tables = {
            "quantizer": self.quantizer.table,
            "windows": self.windows.table,
            "alerts": self.alerts.table,
            "silence": self._silence.table,
            "no_data": self._no_data.table,
            **self.judging.tables,
            **(self._coarse.tables if self._coarse else {}),
            **({"bursts": self._bursts.table} if self._bursts else {}),
            **({"gate": self._hops.table} if self._hops.table is not None else {}),
        }

    @property
    def state_bytes(self) -> int:
        """Bytes of numeric state of all series."""
        return sum(table.nbytes for table in self.tables.values())

    def state(self) -> DetectorState:
        """Copies. Windows that are captured and not judged are not part of it: judge them first."""
        return DetectorState(self.roster.state(), {name: t.state() for name, t in self.tables.items()})

    def restore(self, state: DetectorState) -> None:
        """Take over what state() gave. Raises KeyError if a table or column is missing."""
        self.roster.restore(state.roster)
        for name, table in self.tables.items():
            table.restore(state.tables[name])

    def end_in(self, shadow: Shadow | None) -> None:
        """From now on this is told, too, which alerts end without a point."""
        self._endings.shadow = shadow

    def observe(self, samples: SampleBatch, now_ms: int) -> Observation:
        """Take in samples in log order; windows that are due come back self-contained."""
        self._told = []
        slots, rejections = self._admission.rows(samples, now_ms, self._release)
        for table in self.tables.values():
            table.resize(self.roster.rows)
        accepted, warming_up = slots >= 0, np.zeros(len(samples), np.bool_)
        captured, rows = [], np.flatnonzero(accepted)
        gone_on = self._silence.go_on(slots, samples.ts, now_ms, rows)
        for part in rounds(slots[rows]):
            fresh, refused = in_order(self.quantizer.table, samples, slots, rows[part])
            rejections += refused
            self._told += self._endings.hear(
                slots[fresh], samples.ts[fresh], samples.offset[fresh], gone_on.at(fresh)
            )
            captured += self._observe_round(samples, slots, fresh, warming_up)
        self._told += self._endings.overdue()
        rejections.sort(key=lambda rejection: rejection.row)
        accepted[[rejection.row for rejection in rejections]] = False
        windows = joined(captured, self.settings.spec.dtype)
        return Observation(windows, rejections, accepted, warming_up, self._told)

    def judge(
        self, windows: StructArray, logits: Float32Array, marks: MarkArray | None = None
    ) -> tuple[Scored, list[AlertEvent]]:
        """Calibrate the logits of this partition's windows, in order per series, and decide.

        A window whose logit is NaN was not scored and changes nothing; a coarse one has no score. marks: of
        the checkpoints that gave the logits; None when that does not matter.
        """
        marks = np.full(len(windows), UNMARKED, np.uint32) if marks is None else marks
        slots = windows["slot"].astype(np.intp)
        model, score = expit(logits), np.full(len(windows), np.nan)
        known, events = ~np.isnan(logits), list[AlertEvent]()
        np.subtract.at(self.windows.table["waiting"], slots, 1)
        for rows in rounds(slots):
            part = rows[known[rows]]
            judged = windows[part]
            score[part] = self.judging.update(judged, logits[part], model[part], marks[part])
            fine = ~judged["coarse"]
            events += self.alerts.update(judged[fine], score[part][fine])
            events += self._endings.judged(slots[rows])
        return Scored(model, score), events

    def _observe_round(
        self, samples: SampleBatch, slots: IndexArray, rows: IndexArray, warming_up: BoolArray
    ) -> list[StructArray]:
        """Of one new point per series: windows of means first, for the scores of the same points."""
        at, ts, values = slots[rows], samples.ts[rows], samples.value[rows]
        centre, scale = self.quantizer.expect(at)
        codes = self.quantizer.update(at, ts, values)
        points = self.windows.append(at, codes, ts, values)
        young = points < self.settings.spec.min_points
        warming_up[rows] = young
        full = self._coarse.append(at, ts, values, codes) if self._coarse else np.zeros(0, np.intp)
        asked = np.zeros(len(at), np.bool_)
        asked[full] = True  # what means show is told with a window of points
        due = self._hops.due(at, codes, points, asked) & ~young
        windows = self._captured(self.windows.capture(at[due]), samples, rows[due])
        windows["fresh"] = np.minimum(self._hops.fresh(at[due]), windows["points"])
        windows["centre"], windows["scale"] = centre[due], scale[due]
        if self._bursts:
            self._bursts.stamp(windows)
        if self._coarse is None:
            return [windows]
        self._coarse.stamp(windows)
        return [self._captured(self._coarse.capture(at[full]), samples, rows[full]), windows]

    def _captured(self, windows: StructArray, samples: SampleBatch, rows: IndexArray) -> StructArray:
        """With the point that made each window due; it waits to be judged from now on."""
        slots = windows["slot"].astype(np.intp)
        self.windows.table["waiting"][slots] += 1
        windows["owner"] = self.owner
        windows["prompt"] = self.roster.prompts[slots]
        windows["offset"] = samples.offset[rows]
        windows["ts"], windows["value"] = samples.ts[rows], samples.value[rows]
        return windows

    def _release(self, slots: IndexArray) -> IndexArray:
        """Forget series whose windows are all judged; their alerts are closed."""
        free: IndexArray = slots[self.windows.table["waiting"][slots] == 0]
        self._told += self._endings.forget(free)
        for table in self.tables.values():
            table.clear(free)
        return free
