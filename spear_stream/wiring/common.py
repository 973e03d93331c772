"""Settings to the plain values and objects that every kind of run needs."""

from collections.abc import Callable

from spear_stream.core.alert_policy import AlertPolicy
from spear_stream.core.batcher import Batcher, BatchLimits
from spear_stream.core.control import FixedPrompts, Prompts
from spear_stream.core.detector_settings import DetectorSettings
from spear_stream.core.fleet import Fleet
from spear_stream.core.kinds import kind_trees
from spear_stream.core.ports import Decoder
from spear_stream.model.loading import ModelChoice, load_scorer, prompt_chooser
from spear_stream.model.scorer import FrozenScorer
from spear_stream.ops.settings import Settings
from spear_stream.service import Pace, Ports, Service
from spear_stream.transport.codec import DecodeLimits, JsonMapping, make_decoder

MakePrompts = Callable[[Fleet], Prompts]


def scorer(settings: Settings) -> FrozenScorer:
    """Raises CheckpointError or ConfigError."""
    model = settings.model
    return load_scorer(
        ModelChoice(
            checkpoint=model.checkpoint,
            backbone=model.backbone,
            tenants=model.tenants,
            device=model.device,
            dtype=model.dtype,
            threads=model.threads,
            compile=model.compile,
        )
    )


def build_service(
    settings: Settings,
    ports: Ports,
    model: FrozenScorer,
    make_prompts: MakePrompts = lambda _: FixedPrompts(),
) -> Service:
    fleet = Fleet(
        detector_settings(settings, model),
        prompt_chooser(list(settings.model.tenants)),
        model.describe,
        ports.telemetry.split_series,
    )
    scoring = settings.scoring
    limits = BatchLimits(
        max_windows=scoring.max_batch_windows,
        max_tokens=scoring.max_batch_tokens,
        prompt_positions=model.prompt_positions,
        max_delay=scoring.max_delay_seconds,
        max_pending=scoring.max_pending,
        skip_after=scoring.skip_after_seconds if scoring.overload == "skip_windows" else None,
    )
    kind_trees()  # without them the start fails, and not the first partition that is assigned
    return Service(ports, fleet, Batcher(model.spec, limits), pace(settings), make_prompts(fleet))


def pace(settings: Settings) -> Pace:
    service = settings.service
    return Pace(service.poll_timeout_seconds, service.commit_interval_seconds, service.drain_seconds)


def detector_settings(settings: Settings, model: FrozenScorer) -> DetectorSettings:
    series = settings.series
    return DetectorSettings(
        spec=model.spec,
        policy=alert_policy(settings),
        hop=settings.scoring.hop,
        calm_hop=settings.scoring.calm_hop,
        max_future_ms=_millis_or_none(settings.input.max_future_seconds),
        max_series=series.max_series,
        idle_ms=_millis_or_none(series.idle_seconds),
        silent_ms=_millis_or_none(settings.alerts.silent_seconds),
    )


def alert_policy(settings: Settings) -> AlertPolicy:
    alerts = settings.alerts
    return AlertPolicy(
        open_score=alerts.open_score,
        close_score=alerts.close_score,
        min_points=alerts.min_points,
        cooldown_ms=_millis(alerts.cooldown_seconds),
        direction=alerts.direction,
        min_relative_deviation=alerts.min_relative_deviation,
        update_ms=_millis(alerts.update_seconds),
        warning_score=alerts.warning_score,
        critical_score=alerts.critical_score,
        no_data=alerts.no_data,
    )


def _json_mapping(settings: Settings) -> JsonMapping:
    wanted = settings.input
    return JsonMapping(
        series=wanted.series_paths,
        ts=wanted.ts_path,
        value=wanted.value_path,
        values=wanted.values,
        records=wanted.records_path,
    )


def decode_limits(settings: Settings) -> DecodeLimits:
    return DecodeLimits(max_bytes=settings.input.max_record_bytes)


def input_decoder(settings: Settings) -> Decoder:
    """Of the records of the input topics. Raises ConfigError."""
    return make_decoder(settings.input.format, _json_mapping(settings), decode_limits(settings))


def _millis(seconds: float) -> int:
    return round(seconds * 1000)


def _millis_or_none(seconds: float | None) -> int | None:
    return None if seconds is None else _millis(seconds)
