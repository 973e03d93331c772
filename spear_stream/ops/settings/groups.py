"""Settings of input, model, scoring, alerts, series, service, HTTP and logs."""

from typing import Annotated, Literal

from pydantic import Field

from spear_stream.core.alert_policy import MOST_SCORES
from spear_stream.core.spec import CALM_HOP, LONGEST
from spear_stream.ops.settings.types import (
    SECONDS,
    Bytes,
    Dotted,
    DottedNames,
    DottedPairs,
    Group,
    NoneTurnsOff,
    Pairs,
    Points,
    Port,
    Ratio,
    Score,
    Seconds,
    SecondsOrZero,
    Series,
    Text,
    Threads,
    Tokens,
    Windows,
)

LEAST_DRAIN = 2.0
"""Seconds. A commit that opens its transactions anew takes 0.65 s with an idle broker on the same host."""


class InputSettings(Group):
    format: Literal["json", "telegraf-json", "influx", "prometheus", "otlp-json"] = "json"
    """How a record's bytes are laid out; only `json` uses the paths below."""
    series_paths: DottedNames = ("series",)
    """Dotted paths whose texts, joined with dots, name the series; the record key does where none is
    there."""
    ts_path: Annotated[Dotted | None, NoneTurnsOff] = "ts"
    """Dotted path of the time: seconds, milliseconds, microseconds or nanoseconds since the epoch, or
    ISO 8601; `none` takes the record's own timestamp."""
    value_path: Dotted = "value"
    """Dotted path of the number."""
    values: DottedPairs = Field(default_factory=dict)
    """Several metrics per item: suffix of the series name to dotted path, in place of value_path."""
    records_path: Dotted | None = None
    """Dotted path of an array of items when one record carries many; a record that is an array needs no
    path."""
    max_record_bytes: Bytes = 1_048_576
    """Larger records go to the dead-letter topic unread."""
    max_future_seconds: Annotated[Seconds | None, NoneTurnsOff] = 3600.0
    """Points further ahead of the worker's clock than this are refused; `none` accepts any time."""


class ModelSettings(Group):
    checkpoint: Text | None = None
    """Folder of the prompt checkpoint; the one in the package when unset or `default`."""
    backbone: Text | None = None
    """Folder or name of the backbone, in place of the one the checkpoint names; its weights must be the
    same."""
    tenants: Pairs = Field(default_factory=dict)
    """Series pattern (with * and ?) to checkpoint folder or `default`; the first match wins, other series
    use `checkpoint`."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the model runs; `auto` takes a GPU when there is one."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Precision of the backbone; `auto` is float32 on a CPU and bfloat16 on a GPU."""
    threads: Threads | None = None
    """CPU threads of the model; set it to the cores that are really free. The library's own choice when
    unset."""
    compile: bool = False
    """Compile the model with torch.compile: a slower start, then faster scoring."""


class ScoringSettings(Group):
    hop: Annotated[Points, Field(le=LONGEST)] = 1
    """Score a series every this many of its points; 1 scores every point. What is over between two scores,
    such as a spike of one point, is told at the scored point behind it, whose value may be usual again."""
    calm_hop: Annotated[Points, Field(le=LONGEST)] = CALM_HOP
    """Most points between two scores of a series in which nothing is new, rounded up to a multiple of `hop`;
    1, or any up to `hop`, scores it like all others. A point unlike all before it is scored with the next
    `hop`, then ever fewer are: with 8 and a hop of 1 a third of the windows, and much the same alerts. What
    is made of familiar values is told up to so many points later. More than the length of a window leaves
    points out. Only with checkpoints scaled `robust`, as the default is; others score every `hop`."""
    max_batch_windows: Windows = 256
    """Most windows of one batch."""
    max_batch_tokens: Tokens = 16_384
    """Most model positions of one batch, padding included and the longest prompt of the settings for each."""
    max_delay_seconds: SecondsOrZero = 0.5
    """Longest wait of a window for its batch to fill."""
    overload: Literal["delay", "skip_windows"] = "delay"
    """When points come faster than the model scores them: `delay` scores every window, later and later;
    `skip_windows` keeps up by leaving out windows that waited longer than `skip_after_seconds` while a newer
    one of their series waits too. Every point is learnt from either way."""
    skip_after_seconds: SecondsOrZero = 2.0
    """Only with overload=skip_windows: how long a window waits before it may be left out."""
    max_pending: Windows = 50_000
    """Only with overload=skip_windows: windows waiting for the model, about 1 KB each, from which reading
    waits."""


class AlertSettings(Group):
    open_score: Score = 0.3
    """A point whose score is at or above this opens an alert. Lower gives more alerts, true and false.
    The score is rarity times the model's probability times novelty, or times how long that probability has
    lasted, of points or of means of four; rarity is logarithmic: 0.3 is reached by one normal point in 1e3,
    0.5 by one in 1e5, 1 by one in 1e10. A level that has moved far scores up to 0.3 by itself, a model that
    stays sure up to 0.4: a lower threshold lets smaller moves open alerts. A series whose points do not
    fill a window yet must score higher: halfway from here to 1 without any, less with every point."""
    close_score: Score = 0.15
    """An open alert closes once scores stay below this and the points of the series are back in the range
    that was usual before it, or have been elsewhere for long; lower than open_score, so that alerts do not
    flap."""
    min_points: Annotated[Points, Field(le=MOST_SCORES)] = 1
    """Scored points in a row at or above open_score before an alert opens: with `scoring.hop` every so many
    points are one. What a mean of four points shows counts for the four points behind it."""
    cooldown_seconds: SecondsOrZero = 600.0
    """Time after an alert of a series closed in which the series opens another only for a score that is
    more than 0.05 above the peak of the last one."""
    direction: Literal["both", "up", "down"] = "both"
    """Which deviations open an alert or hold it open: above the expected value, below it, or both. Of several
    points since the last score the farthest opens it, the newest holds it open."""
    min_relative_deviation: Ratio = 0.0
    """Deviations from the expected value smaller than this share of it open no alert, and hold none open;
    0 counts all."""
    update_seconds: Seconds = 300.0
    """Least time between two updates of one open alert; a rise in severity is told at once."""
    silent_seconds: Annotated[Seconds | None, NoneTurnsOff] = 3600.0
    """An open alert closes as `silent` when others of its partition have gone on for this long without its
    series, and for eight of its usual intervals; `none` leaves it open until the series reports again."""
    no_data: Annotated[Literal["info", "warning", "critical"] | None, NoneTurnsOff] = None
    """Severity of the alert of kind `no_data` that a series opens when it falls silent, as `silent_seconds`
    says, and closes when it reports again; `none` for no such alerts."""
    warning_score: Score = 0.5
    """Peak score from which an alert is a `warning`; below it is `info`."""
    critical_score: Score = 0.7
    """Peak score from which an alert is `critical`."""


class SeriesSettings(Group):
    max_series: Series = 100_000
    """Most series of one partition; points of further series go to the dead-letter topic."""
    idle_seconds: Annotated[Seconds | None, NoneTurnsOff] = 604_800.0
    """A series silent for this long makes room when `max_series` is reached; `none` keeps all."""


class ServiceSettings(Group):
    delivery: Literal["exactly_once", "at_least_once"] = "exactly_once"
    """`exactly_once`: alerts, dead letters, state and offsets become visible together, in a transaction;
    consumers must read with isolation.level=read_committed. `at_least_once` needs no transactions; after
    a crash alerts may be published twice, with the same ids."""
    commit_interval_seconds: Seconds = 1.0
    """Time between two commits; with exactly_once alerts are not visible earlier. After a crash about this
    much input is read again."""
    drain_seconds: Annotated[float, Field(ge=LEAST_DRAIN, json_schema_extra=SECONDS)] = 20.0
    """Time for scoring and committing what is in flight on SIGTERM or a rebalance, and for any commit; keep
    it below the orchestrator's grace period (Kubernetes: 30 s). After a fault a commit needs a second or two
    to open transactions anew: with less none would ever go through."""
    poll_timeout_seconds: SecondsOrZero = 0.2
    """Longest wait for records when nothing is to be scored."""


class HttpSettings(Group):
    host: Text = "127.0.0.1"
    """Address of /livez, /readyz and /metrics; 0.0.0.0 opens them to the network."""
    port: Port = 8080
    """Port of these endpoints; 0 turns them off."""
    stall_seconds: Seconds = 60.0
    """/livez fails when the main loop has not advanced for this long; it counts once the model is loaded.
    Must be above service.poll_timeout_seconds and twice service.drain_seconds together, for which the loop
    may wait in one step."""


class LogSettings(Group):
    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level to log."""
    format: Literal["auto", "json", "console"] = "auto"
    """`auto` is `console` on a terminal and `json` elsewhere."""
