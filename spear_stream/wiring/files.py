"""A run without a broker: the same service on a file, standard input or the demo's series."""

from prometheus_client import CollectorRegistry

from spear_stream.core.ports import Decoder, Recorder, Sink, Source
from spear_stream.core.tolerant import FittingScorer, TolerantScorer
from spear_stream.model.scorer import FrozenScorer
from spear_stream.ops.clock import SystemClock
from spear_stream.ops.prometheus import PrometheusTelemetry
from spear_stream.ops.settings import Settings
from spear_stream.service import Ports, Service
from spear_stream.transport.codec import make_decoder
from spear_stream.wiring.common import build_service, decode_limits


def embedded_service(
    settings: Settings,
    model: FrozenScorer,
    source: Source,
    sink: Sink,
    recorder: Recorder | None = None,
    decoder: Decoder | None = None,
) -> Service:
    """The daemon's service on the given ends. decoder: of the source's records; the default JSON mapping if
    None. Raises ConfigError.
    """
    telemetry = PrometheusTelemetry(CollectorRegistry())
    ports = Ports(
        source=source,
        decoder=decoder or make_decoder("json", limits=decode_limits(settings)),
        scorer=TolerantScorer(FittingScorer(model, telemetry), telemetry),
        sink=sink,
        telemetry=telemetry,
        clock=SystemClock(),
        recorder=recorder,
    )
    return build_service(settings, ports, model)
