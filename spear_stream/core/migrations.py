"""How older state becomes state of the present version.

When a column or a field changes, keep the old reading
here as `m00N_NAME(kind, header, columns) -> (header, columns)`: plain functions on plain data
that know nothing of today's classes, append them to MIGRATIONS, and store a fixture of the
version that ends (tests/state_fixture.py).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Header = Mapping[str, Any]
Columns = Mapping[str, np.ndarray]
Migration = Callable[[str, Header, Columns], tuple[Header, Columns]]


def m001_novelty(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """Points had four codes in one word; now they have five, and every series the cells it has visited."""
    if kind != "snapshot":
        return header, columns
    words = np.ascontiguousarray(columns["windows.codes"])
    rows, length = words.shape
    codes = np.zeros((rows, length, 5), np.uint8)
    codes[..., :4] = words.view(np.uint8).reshape(rows, length, 4)
    visited = np.zeros((rows, 24), np.uint64)
    return header, {**columns, "windows.codes": codes.reshape(rows, -1), "quantizer.visited": visited}


def m002_newest_score(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """Alerts keep the newest score of their series. Older state knows bounds of it: the rarity of the logit
    and, of an open alert, the peak.
    """
    if kind != "snapshot":
        return header, columns
    rarity = columns["likelihood.last"].astype(np.float64)
    most = np.where(columns["alerts.is_open"], columns["alerts.peak"], 1.0)
    return header, {**columns, "alerts.score": np.minimum(rarity, most)}


def m003_lasting(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """How long the probability has been high is kept; older state takes it for not long. That a score was the
    rarity alone is no setting any more.
    """
    if kind != "snapshot":
        return header, columns
    settings = {name: value for name, value in header["settings"].items() if name != "rarity_alone"}
    lasting = np.zeros(len(columns["likelihood.last"]), np.float32)
    return {**header, "settings": settings}, {**columns, "evidence.lasting": lasting}


def m004_what_lasts(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """How far the level has moved is kept, and whether the model is sure as a rule. Older state begins at the
    robust centre, with the larger of two scales of points for that of means: no shift is made up, and for
    some thousand points only great ones are seen.
    """
    if kind != "snapshot":
        return header, columns
    centre = columns["quantizer.centre"].astype(np.float64)
    level: dict[str, np.ndarray] = {
        "windows.newest_mean": centre,
        "windows.long_mean": centre,
        "windows.spread": np.abs(columns["quantizer.scale"][:, :2]).max(axis=1),
        "windows.shift": np.zeros(len(centre), np.float32),
        "evidence.usual": np.zeros(len(centre), np.float32),
    }
    return header, {**columns, **level}


def m005_coarse(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """Series are watched by means of points too. Older state knows none and takes them for new series; what
    its journal tells is replayed without them, for it has no logits of theirs.
    """
    if kind != "snapshot":
        return header, columns
    spec, rows = header["settings"]["spec"], len(columns["windows.points"])
    added = {
        "coarse_likelihood": {"seen": "f4", "mean": "f4", "tail": "f4", "last": "f4", "mark": "u4"},
        "coarse_evidence": {"lasting": "f4", "usual": "f4"},
        "judge": {"shown": "f8", "leaning": "f4", "block": "i4", "told": "f8", "told_since": "i4"},
    }
    new = {f"{t}.{c}": np.zeros(rows, dtype) for t, content in added.items() for c, dtype in content.items()}
    if spec.get("scaling", "robust") == "robust":
        blocks = spec["patch"] * max(-(-2 // spec["patch"]), spec["length"] // spec["patch"] // 2)
        new |= {
            f"coarse_{name}": np.zeros_like(column)
            for name, column in columns.items()
            if name.startswith("quantizer.")
        }
        new |= {
            "coarse.open": np.zeros(rows, np.int16),
            "coarse.total": np.zeros(rows),
            "coarse.broken": np.zeros(rows, np.bool_),
            "coarse.block": np.zeros(rows, np.int32),
            "coarse.since": np.zeros(rows, np.int16),
            "coarse.points": np.zeros(rows, np.int64),
            "coarse.codes": np.zeros((rows, 5 * blocks), np.uint8),
        }
    header = {**header, "settings": {**header["settings"], "coarse": False}}
    return header, {**columns, **new}


def m006_departure(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """Alerts know what was usual when they opened. Older ones take the long mean for it, and nothing holds
    them open but their scores.
    """
    if kind != "snapshot":
        return header, columns
    mean = columns["windows.long_mean"].astype(np.float64)
    scale = columns["quantizer.scale"][:, 0].astype(np.float64)
    new = {
        "alerts.usual": mean,
        "alerts.unit": np.maximum(scale, 1e-12 * np.abs(mean) + 1e-100),
        "alerts.farthest": np.full(len(mean), np.inf),
        "alerts.farther_at": np.zeros(len(mean), np.int64),
    }
    return header, {**columns, **new}


def m007_block(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """Means may be of another number of points. They were of eight; what the journal tells is replayed so."""
    if kind != "snapshot":
        return header, columns
    settings = dict(header["settings"])
    settings["block"] = 8 if settings.pop("coarse") else 0
    return {**header, "settings": settings}, columns


def m008_rules(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """Rules have a number. Bursts were not remembered, and samples from the future had rows; what the journal
    tells is replayed so.
    """
    if kind != "snapshot":
        return header, columns
    return {**header, "settings": {**header["settings"], "rules": 1}}, columns


def m009_silence(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """Silence ends alerts. It did not; what the journal tells is replayed so, and no time has passed yet."""
    if kind != "snapshot":
        return header, columns
    none = np.zeros(len(columns["roster.heard"]), np.int64)
    header = {**header, "settings": {**header["settings"], "silent_ms": None}}
    return header, {**columns, "endings.newest": none, "endings.passed": none}


def m010_no_data(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """Silent series may have alerts, which need the record that they were last heard with: -1, unknown. Which
    silences a batch told of was another matter: the journal is replayed as if none was, so one that was told
    may be told again, with the same id and sequence.
    """
    if kind != "snapshot":
        return header, columns
    header = {**header, "settings": {**header["settings"], "silent_ms": None}}
    kept = {name.replace("endings.", "silence."): column for name, column in columns.items()}
    rows = len(columns["roster.heard"])
    kept["no_data.offset"] = np.full(rows, -1, np.int64)
    kept["no_data.severity"] = np.zeros(rows, np.int8)
    return header, kept


def m011_gate(kind: str, header: Header, columns: Columns) -> tuple[Header, Columns]:
    """Series in which nothing is new may be scored less often. They were not."""
    if kind != "snapshot":
        return header, columns
    return {**header, "settings": {**header["settings"], "calm_hop": None}}, columns


MIGRATIONS: tuple[Migration, ...] = (
    m001_novelty,
    m002_newest_score,
    m003_lasting,
    m004_what_lasts,
    m005_coarse,
    m006_departure,
    m007_block,
    m008_rules,
    m009_silence,
    m010_no_data,
    m011_gate,
)
"""The n-th one turns version n into version n + 1."""
