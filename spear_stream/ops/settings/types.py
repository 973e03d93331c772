"""Types of settings: each carries its bounds, its unit and how text becomes a value."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict


class Group(BaseModel):
    """A frozen group of settings; a docstring under a field is its description."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        validate_default=True,
    )


def _split(value: object) -> object:
    """`a, b` becomes ("a", "b"); a list from a TOML file stays as it is."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _pairs(value: object) -> object:
    """`a=x, b=y` becomes {"a": "x", "b": "y"}; a table from a TOML file stays as it is."""
    if not isinstance(value, str):
        return value
    pairs = [part.partition("=") for part in value.split(",") if part.strip()]
    if not all(name.strip() and equals and target.strip() for name, equals, target in pairs):
        raise ValueError("must be name=value pairs with commas between them")
    return {name.strip(): target.strip() for name, _, target in pairs}


def _split_topics(value: object) -> object:
    """As _split, but a regular expression may hold commas."""
    return (value,) if isinstance(value, str) and value.startswith("^") else _split(value)


def _topic_or_expression(value: str) -> str:
    if not value.startswith("^"):
        return _kafka_name(value)
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"must be a regular expression: {error}") from error
    return value


def _kafka_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", value):
        raise ValueError("must be 1 to 249 letters, digits, dots, _ and -")
    return value


def _dotted(value: str) -> str:
    if not all(value.split(".")):
        raise ValueError("must be names with dots between them")
    return value


def _none(value: object) -> object:
    return None if isinstance(value, str) and value.lower() == "none" else value


NoneTurnsOff = BeforeValidator(_none)
"""For optional values with a default: the word `none` unsets them."""

SECONDS: JsonDict = {"unit": "seconds"}

Text = Annotated[str, Field(min_length=1)]
KafkaName = Annotated[str, AfterValidator(_kafka_name)]
TopicNames = Annotated[
    tuple[Annotated[str, AfterValidator(_topic_or_expression)], ...], BeforeValidator(_split_topics)
]
Dotted = Annotated[str, AfterValidator(_dotted)]
DottedNames = Annotated[tuple[Dotted, ...], Field(min_length=1), BeforeValidator(_split)]
DottedPairs = Annotated[dict[Text, Dotted], BeforeValidator(_pairs)]
Names = Annotated[tuple[Text, ...], Field(min_length=1), BeforeValidator(_split)]
Pairs = Annotated[dict[Text, Text], BeforeValidator(_pairs)]
Seconds = Annotated[float, Field(gt=0, json_schema_extra=SECONDS)]
SecondsOrZero = Annotated[float, Field(ge=0, json_schema_extra=SECONDS)]
Score = Annotated[float, Field(gt=0, le=1, json_schema_extra={"unit": "score"})]
Ratio = Annotated[float, Field(ge=0, json_schema_extra={"unit": "ratio"})]
Port = Annotated[int, Field(ge=0, le=65535, json_schema_extra={"unit": "TCP port"})]
Bytes = Annotated[int, Field(ge=1, json_schema_extra={"unit": "bytes"})]
Points = Annotated[int, Field(ge=1, json_schema_extra={"unit": "points"})]
Records = Annotated[int, Field(ge=1, json_schema_extra={"unit": "records"})]
Windows = Annotated[int, Field(ge=1, json_schema_extra={"unit": "windows"})]
Tokens = Annotated[int, Field(ge=1, json_schema_extra={"unit": "model positions"})]
Series = Annotated[int, Field(ge=1, json_schema_extra={"unit": "series"})]
Threads = Annotated[int, Field(ge=1, json_schema_extra={"unit": "threads"})]
