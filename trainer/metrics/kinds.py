"""How well the kinds of anomalies are told."""

from collections.abc import Sequence
from typing import Any

from spear_stream.core.kinds import KINDS


def called(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Pairs of kinds, true and told, as figures. A kind of which nothing was found has an F1 of 0."""
    kinds = {kind: of_kind(pairs, kind) for kind in KINDS}
    return {
        "macro_f1": sum(one["f1"] for one in kinds.values()) / len(KINDS),
        "kinds": kinds,
        "confusion": {kind: {told: pairs.count((kind, told)) for told in KINDS} for kind in KINDS},
    }


def of_kind(pairs: Sequence[tuple[str, str]], kind: str) -> dict[str, float]:
    """Precision, recall and F1 of one kind, 0 where undefined."""
    found, told = (sum(pair[place] == kind for pair in pairs) for place in (0, 1))
    right = pairs.count((kind, kind))
    return {
        "precision": right / max(told, 1),
        "recall": right / max(found, 1),
        "f1": 2 * right / max(found + told, 1),
        "found": found,
    }
