"""Series and windows of bench_in_domain.py: automatic labels, split by series and by time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spear_stream.core.records import Float64Array, IndexArray
from spear_stream.core.spec import WindowSpec
from spear_stream.core.window_scaling import window_codes
from trainer.batches import quantize
from trainer.cutting import Cutter, Ends, TrainingBatch
from trainer.datasets import load_history
from trainer.datasets.series import LabelledSeries, from_labels, in_order
from trainer.datasets.splits import split_by_series
from trainer.labeling import TESTS, LabelRule, is_anomalous, label_kinds, scaled
from trainer.synthetic import SyntheticSeries

AWS = "realAWSCloudwatch/"
CORPORA: Mapping[str, tuple[str, str]] = {
    "NAB AWS": ("nab", "NAB"),
    "NASA SMAP+MSL": ("nasa", "SMAP_MSL"),
    "MIMIC-IV demo": ("mimic", "MIMIC-IV-demo"),
}
"""Kind of data and folder, by the name in the table."""
FEWEST_POINTS = 256
TRAIN_SHARE = 0.6
"""Of the points of every series, from its start; the rest is for the test."""
HELD_OUT_SERIES = 0.3
RULE = LabelRule()


@dataclass(frozen=True, eq=False)
class Corpus:
    """Automatically labelled series, and which of them training may see."""

    name: str
    series: list[LabelledSeries]
    trained: list[bool]
    """Of each series: its first TRAIN_SHARE is trained on. Of the others nothing is."""

    def training(self, gap: int) -> list[range]:
        """Points of each series whose windows are trained on; they end `gap` before the test."""
        return [
            range(RULE.window, max(RULE.window, self._start(row) - gap) if seen else RULE.window)
            for row, seen in enumerate(self.trained)
        ]

    def tests(self) -> dict[str, list[range]]:
        """Points to judge on: later ones, of series that were trained on and of series that were not."""
        later = [range(self._start(row), len(series)) for row, series in enumerate(self.series)]
        return {
            "later": [points if seen else range(0) for points, seen in zip(later, self.trained, strict=True)],
            "other series": [
                range(0) if seen else points for points, seen in zip(later, self.trained, strict=True)
            ],
        }

    def _start(self, row: int) -> int:
        return int(TRAIN_SHARE * len(self.series[row]))


def load_corpus(name: str, folder: Path, most: int | None, seed: int) -> Corpus:
    """The series of one corpus with at least FEWEST_POINTS; most: so many of them, spread over all."""
    kind, place = CORPORA[name]
    found = [in_order(series) for series in load_history(f"{kind}:{folder / place}")]
    kept = [one for one in found if len(one) >= FEWEST_POINTS and (kind != "nab" or one.name.startswith(AWS))]
    labelled = [
        _labelled(series) for series in kept[:: 1 if most is None else max(1, len(kept) // most)][:most]
    ]
    train, _ = split_by_series(labelled, HELD_OUT_SERIES, seed)
    seen = {series.name for series in train}
    return Corpus(name, labelled, [series.name in seen for series in labelled])


def _labelled(series: LabelledSeries) -> LabelledSeries:
    """With the automatic labels in place of the published ones, which nothing here looks at."""
    label = is_anomalous(label_kinds(series.value, RULE), RULE)
    return from_labels(series.name, series.ts, series.value, label, series.group)


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of a corpus, with codes made by the daemon's quantizer from the start of each series."""

    spec: WindowSpec
    cutter: Cutter
    unit: list[Float64Array]
    """Values as the tests see them, scaled over the whole series."""

    def cut(self, row: IndexArray, end: IndexArray) -> TrainingBatch:
        """The windows before `end`; both (n,). Points count whose label looks at nothing before it."""
        batch = self.cutter.cut(row, end)
        batch.counts[:, : RULE.window - 1] = False
        return batch

    def mixed(self, rng: np.random.Generator, row: IndexArray, end: IndexArray) -> TrainingBatch:
        """Windows that never were, (n,): to the first, either way up, a part of the second is added; the same
        tests label the sum (mixup, arXiv 1710.09412, but with labels that are known). row, end: (2, n).

        For windows that are scaled by themselves: what a series was before is not mixed. Values are scaled by
        the extremes of the whole series, as the labels are defined.
        """
        if self.spec.length < RULE.window:
            raise ValueError(f"labels need windows of {RULE.window} points, these have {self.spec.length}")
        first, second = (self._values(*which) for which in zip(row, end, strict=True))
        share = rng.random((len(first), 1)) * _deviation(first) / np.maximum(_deviation(second), 1e-12)
        values = rng.choice([-1.0, 1.0], (len(first), 1)) * first + share * second
        newest = values[:, -RULE.window :]
        label, counts = np.zeros(values.shape, np.bool_), np.zeros(values.shape, np.bool_)
        kinds = np.stack([TESTS[kind](newest, RULE) for kind in RULE.kinds], axis=1)
        label[:, -1] = is_anomalous(kinds, RULE)
        counts[:, -1] = True
        codes = window_codes(self.spec, values, np.ones(values.shape, np.bool_))
        return TrainingBatch(codes, label, counts)

    def _values(self, row: IndexArray, end: IndexArray) -> Float64Array:
        return np.stack([self.unit[r][e - self.spec.length : e] for r, e in zip(row, end, strict=True)])


def windows_of(spec: WindowSpec, corpus: Sequence[LabelledSeries]) -> Windows:
    """Quantize a corpus."""
    longest = max(map(len, corpus))
    made = [_padded(series, longest) for series in corpus]
    cutter = Cutter(spec, made, quantize(spec, made))
    return Windows(spec, cutter, [scaled(series.value) for series in corpus])


def _deviation(values: Float64Array) -> Float64Array:
    return np.asarray(values.std(axis=1, keepdims=True))


def _padded(series: LabelledSeries, points: int) -> SyntheticSeries:
    """As training takes a series: the points before the first automatic label have none."""
    n, more = len(series), points - len(series)
    ts = np.concatenate([series.ts, series.ts[-1] + 60_000 * np.arange(1, more + 1)])
    values = np.concatenate([series.value, np.full(more, series.value[-1])])
    label = np.concatenate([series.label, np.zeros(more, np.bool_)])
    unclear = (np.arange(points) < RULE.window - 1) | (np.arange(points) >= n)
    return SyntheticSeries(ts, values, label, unclear, np.zeros(points, np.uint8), (), more)


def spread(points: Sequence[range], most: int) -> Ends:
    """At most about `most` of the points of all series, every k-th of each."""
    step = max(1, -(-sum(map(len, points)) // most))
    chosen = [np.asarray(one[::step], np.intp) for one in points]
    row = np.repeat(np.arange(len(points)), [len(one) for one in chosen])
    return row, np.concatenate(chosen) + 1


def labels_at(corpus: Corpus, ends: Ends) -> np.ndarray:
    """Automatic labels of the newest points, (n,)."""
    return np.array([corpus.series[r].label[e - 1] for r, e in zip(*ends, strict=True)], np.bool_)


def scores_at(corpus: Corpus, ends: Ends, score: Callable[[LabelledSeries], np.ndarray]) -> np.ndarray:
    """What a detector without training says there, (n,), each series from its start."""
    found = np.zeros(len(ends[0]))
    for row in np.unique(ends[0]):
        at = ends[0] == row
        found[at] = score(
            replace(corpus.series[row], label=np.zeros(len(corpus.series[row]), np.bool_), windows=())
        )[ends[1][at] - 1]
    return found
