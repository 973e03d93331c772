"""Real series for training and evaluation, whatever they are stored in."""

import logging
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from urllib.parse import parse_qsl

from spear_stream.core.errors import ConfigError, InputError
from trainer.datasets.catalog import KINDS, Kind
from trainer.datasets.series import LabelledSeries

__all__ = ["KINDS", "load", "load_history"]

LABEL_IT = "spear-trainer label --data {spec} --out DIR, then --data csv:DIR"

_log = logging.getLogger(__name__)


def load(spec: str) -> list[LabelledSeries]:
    """The labelled series of `KIND:PLACE`, such as `csv:data/labelled`.

    Series without labels are left out with a warning. Raises ConfigError for an unknown kind or option,
    InputError for data that is missing, cannot be read, or has no labels at all.
    """
    corpus = load_history(spec)
    labelled = [series for series in corpus if series.labelled]
    if not labelled:
        raise InputError(
            f"data {spec!r}: {_named(corpus)} no labels; {_name_them(spec)}make automatic ones: "
            f"{LABEL_IT.format(spec=quote(spec))}"
        )
    if len(labelled) < len(corpus):
        _log.warning("%s: %d series without labels are left out", spec, len(corpus) - len(labelled))
    return labelled


def load_history(spec: str) -> list[LabelledSeries]:
    """All series of `KIND:PLACE`, with or without labels; raises as load(), but not for absent labels.

    Series without any point are left out with a warning.
    """
    name, _, place = spec.partition(":")
    kind = KINDS.get(name)
    place, options = (place, {}) if kind is None else _options(spec, kind, place)
    if kind is None or not place:
        raise ConfigError(
            f"data {spec!r}: expected KIND:PLACE with a kind of {', '.join(sorted(KINDS))}; "
            "`spear-trainer datasets` says what each expects"
        )
    if kind.folder and not (Path(place).is_dir() or (kind.file and Path(place).is_file())):
        what = "file or folder" if kind.file else "folder"
        raise InputError(f"data {spec!r}: {what} {place} does not exist{kind.cure}")
    return _with_points(spec, kind.load(place, options))


def _with_points(spec: str, corpus: list[LabelledSeries]) -> list[LabelledSeries]:
    empty = [series for series in corpus if not len(series)]
    if empty and len(empty) == len(corpus):
        raise InputError(f"data {spec!r}: no series has a value")
    if empty:
        _log.warning(
            "%s: %d series without a value, such as %s, are left out", spec, len(empty), empty[0].name
        )
    return [series for series in corpus if len(series)]


def _options(spec: str, kind: Kind, place: str) -> tuple[str, Mapping[str, str]]:
    """`place?option=value&...` for kinds that have options; elsewhere a question mark is part of the name."""
    if not kind.options:
        return place, {}
    place, _, query = place.partition("?")
    # A plus is a plus here: ISO times hold it.
    given = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)
    options = dict(given)
    if len(options) < len(given):
        raise ConfigError(f"data {spec!r}: an option stands there twice; several values: value=A,B")
    if unknown := sorted(set(options) - set(kind.options)):
        raise ConfigError(
            f"data {spec!r}: {kind.name} has no option {unknown[0]!r}, only {', '.join(kind.options)}"
        )
    return place, options


def _name_them(spec: str) -> str:
    """How to say which column is the label, of tables."""
    if "label" not in KINDS[spec.partition(":")[0]].options:
        return ""
    mark = "&" if "?" in spec else "?"
    return f"say which column has them, {mark}label=COLUMN, or which file, {mark}ranges=FILE, or "


def _named(corpus: list[LabelledSeries]) -> str:
    return (
        f"{corpus[0].name} has" if len(corpus) == 1 else f"{corpus[0].name} and {len(corpus) - 1} more have"
    )
