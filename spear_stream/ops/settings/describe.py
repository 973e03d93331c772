"""What settings there are, for the documentation, and what they are now, for `check-config`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from spear_stream.ops.settings.load import MASK
from spear_stream.ops.settings.model import Settings, groups, setting_names
from spear_stream.ops.settings.names import Name

TYPE_NAMES = {
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list: a,b",
    "object": "map: name=value,name=value",
    "file-path": "file",
    "password": "secret",
}
SIGNS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """One setting for people: both its names, what it takes and what it does."""

    env: str
    toml: str
    type: str
    unit: str
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class Effective:
    """The present value of a setting, masked if secret, and the source it came from."""

    env: str
    toml: str
    value: str
    origin: str


def describe() -> Iterator[SettingInfo]:
    defaults = Settings()
    for group, model in groups().items():
        for field, schema in model.model_json_schema()["properties"].items():
            name = Name(group, field)
            bare = _bare(schema)
            yield SettingInfo(
                env=name.env,
                toml=name.dotted,
                type=_type(bare),
                unit=bare.get("unit", ""),
                default=as_text(defaults.value(name)),
                description=" ".join(schema["description"].split()),
            )


def effective(settings: Settings) -> Iterator[Effective]:
    for name in setting_names():
        yield Effective(name.env, name.dotted, as_text(settings.value(name)), settings.origin(name))


def secret_values(settings: Settings) -> list[str]:
    """Every secret that is set; logs hide them wherever they turn up."""
    values = (settings.value(name) for name in setting_names())
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def as_text(value: object) -> str:
    """As it would be written in the environment; empty when unset."""
    match value:
        case None:
            return ""
        case SecretStr():
            return MASK
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(value)
        case dict():
            return ",".join(f"{key}={target}" for key, target in value.items())
        case _:
            return str(value)


def _bare(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of an optional value without its `or null`."""
    return next((option for option in schema.get("anyOf", ()) if option["type"] != "null"), schema)


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(schema["enum"])
    return TYPE_NAMES.get(schema.get("format", schema["type"]), "text") + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    return "".join(f", {sign} {schema[key]}" for key, sign in SIGNS.items() if key in schema)
