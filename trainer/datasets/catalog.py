"""The kinds of data the trainer reads, and what a person must know to use them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from spear_stream.core.column_names import ColumnNames
from spear_stream.core.errors import ConfigError
from trainer.datasets.column_options import COLUMN_OPTIONS, RANGES, TEXT_OPTIONS, column_names
from trainer.datasets.csv import load_csv
from trainer.datasets.mimic import load_mimic
from trainer.datasets.nab import load_nab
from trainer.datasets.nasa import load_nasa, load_nasa_train
from trainer.datasets.parquet import load_parquet
from trainer.datasets.ranges import labelled_by, read_ranges
from trainer.datasets.series import LabelledSeries
from trainer.datasets.skab import load_skab
from trainer.datasets.topic import load_topic

Loader = Callable[[str, Mapping[str, str]], list[LabelledSeries]]
TableLoader = Callable[[Path, ColumnNames, Path | None], list[LabelledSeries]]
"""Of a folder or file, by names of columns, without the file that holds the labels."""


@dataclass(frozen=True)
class Kind:
    """One kind of data: `name:place`, with `?option=value` where it has options."""

    name: str
    load: Loader
    expects: str
    labels: str
    """Where the labels come from."""
    options: tuple[str, ...] = ()
    folder: bool = True
    """The place is a folder, not a topic."""
    file: bool = False
    """One file will do."""
    fetched_by: str | None = None
    """`spear-trainer fetch` brings it under this name."""

    @property
    def cure(self) -> str:
        return "" if self.fetched_by is None else f"; `spear-trainer fetch {self.fetched_by}` brings it"


def _of_folder(load: Callable[[Path], list[LabelledSeries]]) -> Loader:
    return lambda place, _: load(Path(place))


def _of_table(load: TableLoader) -> Loader:
    def loaded(place: str, options: Mapping[str, str]) -> list[LabelledSeries]:
        names = column_names(options)
        if (given := options.get(RANGES)) is None:
            return load(Path(place), names, None)
        ranges = read_ranges(Path(given), names)
        return labelled_by(ranges, load(Path(place), names, Path(given)))

    return loaded


def _of_mimic(place: str, options: Mapping[str, str]) -> list[LabelledSeries]:
    return load_mimic(Path(place), options.get("items"))


def _of_nasa(place: str, options: Mapping[str, str]) -> list[LabelledSeries]:
    history = options.get("history")
    if history not in {None, "train"}:
        raise ConfigError(f"history={history}: only history=train is known, the train part of each channel")
    return load_nasa(Path(place), options.get("craft"), with_history=history is not None)


_ALL = (
    Kind(
        "csv",
        _of_table(load_csv),
        "*.csv with the columns ts (or timestamp), value and, if there are, label, series, group; others are "
        "named by the options, as in 'csv:export?time=Time&value=*' (in quotes): value=cpu,mem or value=* "
        "makes a series of each of these columns, every=60 says that rows have no times and are 60 seconds "
        "apart, header=no that the first line is a row, time_format=%d.%m.%Y reads times that are neither "
        "epoch times nor ISO-8601, and with 'csv:export?decimal=,' values have a decimal comma",
        "column label (0, 1, true, false, or words such as anomaly=Attack), or ranges=FILE with the columns "
        "start, end and, unless a range is one of all series, series; without both they count as unlabelled",
        options=(*COLUMN_OPTIONS, *TEXT_OPTIONS, RANGES),
        file=True,
    ),
    Kind(
        "parquet",
        _of_table(load_parquet),
        "*.parquet with the same columns; needs pyarrow (pip install pyarrow)",
        "as csv",
        options=(*COLUMN_OPTIONS, RANGES),
        file=True,
    ),
    Kind(
        "nab",
        _of_folder(load_nab),
        "Numenta Anomaly Benchmark: data/ and labels/combined_windows.json",
        "its labelled windows",
        fetched_by="nab",
    ),
    Kind(
        "nasa",
        _of_nasa,
        "NASA SMAP and MSL: test/*.npy or .npz, labeled_anomalies.csv; the telemetry of each channel, "
        "of one spacecraft with craft=SMAP or craft=MSL, behind its train part (which is not scored) with "
        "history=train",
        "its labelled ranges; a channel without a row there is left out",
        options=("craft", "history"),
        fetched_by="nasa",
    ),
    Kind(
        "nasa-train",
        _of_folder(load_nasa_train),
        "the same folder, train/: what came before the test parts",
        "none are anomalous: the publisher chose them so",
        fetched_by="nasa",
    ),
    Kind(
        "skab",
        _of_folder(load_skab),
        "Skoltech testbed: data/*/N.csv; every sensor of a run is a series",
        "column anomaly of the run, for all its sensors",
        fetched_by="skab",
    ),
    Kind(
        "mimic",
        _of_mimic,
        "MIMIC-IV: chartevents.csv(.gz), in the folder or in icu/, and d_items.csv(.gz) where there is one; "
        "a series per stay and item, the vitals unless items=220045,220277,... says otherwise",
        "none: label them automatically",
        options=("items",),
        fetched_by="mimic-demo",
    ),
    Kind(
        "kafka",
        load_topic,
        "TOPIC?since=TIME&until=TIME, by record timestamps, read with the daemon's own settings "
        "(SPEAR_KAFKA__..., SPEAR_INPUT__...), read_committed",
        "feedback=TOPIC joins verdicts on alerts (alerts=TOPIC, the daemon's alert topic unless given)",
        options=("since", "until", "feedback", "alerts"),
        folder=False,
    ),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
