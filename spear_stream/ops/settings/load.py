"""Reads all sources into one Settings, or says in plain lines what is wrong with them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from spear_stream.core.errors import ConfigError
from spear_stream.ops.settings.checks import problems
from spear_stream.ops.settings.model import Settings, groups, setting_names
from spear_stream.ops.settings.names import Name, suggestion
from spear_stream.ops.settings.sources import Layer, read_layers

MASK = "***"
SHOWN = 80
"""Characters of a bad value that a message shows."""


def load_settings(
    flags: Mapping[str, object] | None = None,
    config: Path | None = None,
    env_file: Path = Path(".env"),
) -> Settings:
    """Settings from flags, environment, `.env`, TOML file and secret files, in this order of precedence.

    flags: dotted name (`kafka.group_id`) to value; None means not given. config: the TOML
    file, SPEAR_CONFIG names it otherwise. Raises ConfigError with one line per problem.
    """
    layers = read_layers(setting_names(), flags or {}, config, env_file)
    origins = {name: layer.origin for layer in reversed(layers) for name in layer.values}
    values = {name: value for layer in reversed(layers) for name, value in layer.values.items()}
    unknown = [line for layer in layers for line in _unknown(layer)]
    settings, wrong = _validated(values, origins)
    wrong = wrong or list(problems(settings))
    if unknown or wrong:
        raise ConfigError("\n".join(unknown + wrong))
    settings._origins.update(origins)  # noqa: SLF001 - read by Settings.origin only
    return settings


def _unknown(layer: Layer) -> Iterator[str]:
    for wrong in layer.unknown:
        yield f"{wrong} ({layer.origin}) is no setting{suggestion(wrong, setting_names())}"


def _validated(values: Mapping[Name, object], origins: Mapping[Name, str]) -> tuple[Settings, list[str]]:
    """The settings and no problems, or the defaults and one line per wrong value."""
    nested: dict[str, dict[str, object]] = {}
    for name, value in values.items():
        nested.setdefault(name.group, {})[name.field] = value
    try:
        return Settings.model_validate(nested), []
    except ValidationError as error:
        # A value may fail in several ways (the entries of a list); the first is enough.
        first = {_name(found): found for found in reversed(error.errors())}
        return Settings(), [_line(found, values, origins) for found in reversed(first.values())]


def _name(found: ErrorDetails) -> Name:
    group, field, *_ = found["loc"]
    return Name(str(group), str(field))


def _line(found: ErrorDetails, values: Mapping[Name, object], origins: Mapping[Name, str]) -> str:
    name = _name(found)
    shown = MASK if is_secret(name) else str(values[name])[:SHOWN]
    reason = re.sub(r"^\w+ should", "must", found["msg"].removeprefix("Value error, "))
    cure = " ".join((_field(name).description or "").split())
    return f"{name.env}={shown} ({origins[name]}): {reason}. {cure}"


def is_secret(name: Name) -> bool:
    annotation = _field(name).annotation
    return annotation is SecretStr or SecretStr in get_args(annotation)


def _field(name: Name) -> FieldInfo:
    return groups()[name.group].model_fields[name.field]
