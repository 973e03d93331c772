"""The whole of the settings as one frozen model."""

from pydantic import PrivateAttr

from spear_stream.ops.settings.groups import (
    AlertSettings,
    HttpSettings,
    InputSettings,
    LogSettings,
    ModelSettings,
    ScoringSettings,
    SeriesSettings,
    ServiceSettings,
)
from spear_stream.ops.settings.kafka import KafkaSettings
from spear_stream.ops.settings.names import Name
from spear_stream.ops.settings.types import Group

DEFAULT = "default"
"""Origin of a value that nobody gave."""


class Settings(Group):
    """`Settings()` are the defaults; `load_settings` reads every source and checks what must agree."""

    kafka: KafkaSettings = KafkaSettings()
    """Connection, consumer group and topics."""
    input: InputSettings = InputSettings()
    """How records become measurements."""
    model: ModelSettings = ModelSettings()
    """The frozen model and its prompt checkpoints."""
    scoring: ScoringSettings = ScoringSettings()
    """Which windows are scored when."""
    alerts: AlertSettings = AlertSettings()
    """When an alert opens, updates and closes."""
    series: SeriesSettings = SeriesSettings()
    """How many series a worker keeps, and for how long."""
    service: ServiceSettings = ServiceSettings()
    """The main loop."""
    http: HttpSettings = HttpSettings()
    """Endpoints for orchestrators and Prometheus."""
    log: LogSettings = LogSettings()
    """Logs."""

    _origins: dict[Name, str] = PrivateAttr(default_factory=dict)

    def value(self, name: Name) -> object:
        return getattr(getattr(self, name.group), name.field)

    def origin(self, name: Name) -> str:
        """`flag`, `environment`, the path of a file, or DEFAULT."""
        return self._origins.get(name, DEFAULT)


def setting_names() -> list[Name]:
    return [Name(group, field) for group, model in groups().items() for field in model.model_fields]


def groups() -> dict[str, type[Group]]:
    return {group: type(field.default) for group, field in Settings.model_fields.items()}
