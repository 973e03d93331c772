"""`spear-trainer promote`: the gate between a trained checkpoint and the one that workers load.

A challenger has to be better than the champion by more than the noise on every target set, and must not be
worse on any guarded one. What it was let through on is kept beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from rich.console import Console

from spear_stream.core.errors import ConfigError, SpearError
from spear_stream.model.checkpoint import load_checkpoint
from trainer.comparison import (
    COMPARED,
    FEWEST_GROUPS,
    CompareRequest,
    Comparison,
    Difference,
    Verdict,
    as_json,
    compare,
)
from trainer.conditions import Conditions
from trainer.installation import check_place, in_service, install
from trainer.judging import contestant, real_folder
from trainer.outputs import check_writable, write_json
from trainer.provenance import provenance


class ChallengerRefused(SpearError):
    """The challenger is not good enough; nothing was changed."""

    exit_code = 6
    """Of no other error: a job that promotes can tell "no better yet" from a fault."""


@dataclass(frozen=True)
class Gate:
    """What a challenger has to show."""

    goals: tuple[str, ...] = ("vus_pr",)
    """Figures in which it has to be better by more than the noise, on every target set."""
    guarded: tuple[str, ...] = ("vus_pr", "event_f1", "false_alarms_per_series_day")
    """Figures in which it must not be worse, on any set."""
    tolerance: float = 0.1
    """Share of the champion's figure that a guarded one may lose within the noise."""

    def __post_init__(self) -> None:
        for figure in (*self.goals, *self.guarded):
            if figure not in COMPARED:
                raise ConfigError(f"there is no figure {figure!r} to go by; there are {', '.join(COMPARED)}")
        if not self.goals:
            raise ConfigError("at least one --goal is needed")


@dataclass(frozen=True)
class PromotionRequest:
    """Which checkpoint is to follow which, judged on what, and where the winner goes."""

    challenger: str
    champion: str | None
    """What `to` has in service when None, the packaged one where that is nothing yet."""
    targets: Sequence[str]
    guards: Sequence[str]
    to: Path
    gate: Gate
    json: Path | None = None
    conditions: Conditions = field(default_factory=Conditions)


def promote(request: PromotionRequest, out: Console, log: Console) -> Path:
    """Judge, and put the challenger into the folder `to` as `current`; returns its own folder there.

    Raises ChallengerRefused with the reason in one sentence, ConfigError when the folder does not hold the
    challenger any more that was judged; else as `compare` does.
    """
    origin = provenance()
    check_writable(request.json, "--json")
    check_place(request.to)
    source = real_folder(request.challenger)
    challenger = load_checkpoint(source).manifest
    asked_champion = request.champion or in_service(request.to)
    champion = contestant(asked_champion).name
    if challenger.id == champion:
        raise ChallengerRefused(f"not promoted: {challenger.id} is the champion already")
    everything = list(dict.fromkeys([*request.targets, *request.guards]))
    asked = CompareRequest(asked_champion, str(source), everything, conditions=request.conditions)
    found = compare(asked, out, log)
    reason = next(objections(found, request.targets, request.gate), None)
    decision = _decision(request, champion, challenger.id, reason)
    evidence = {**decision, **origin, "comparisons": as_json(found)}
    folder = request.to / challenger.id
    if reason is None:
        install(source, request.to, challenger.id, evidence)
    if request.json is not None:
        told = (
            f"{challenger.id} is promoted, and its evidence beside it" if reason is None else "not promoted"
        )
        write_json(request.json, evidence, f"{told}; give another --json")
    if reason is not None:
        raise ChallengerRefused(f"not promoted: {reason}")
    return folder


def objections(found: Sequence[Comparison], targets: Sequence[str], gate: Gate) -> Iterator[str]:
    """Why the second detector of the comparisons must not follow the first, the worst reason first."""
    for comparison in found:
        for figure in gate.guarded:
            one = comparison.of(figure)
            lost = isfinite(one.first) and not one.gain >= -gate.tolerance * abs(one.first)
            if one.verdict is Verdict.worse or lost:
                yield f"{_told(comparison, one)}: worse in a figure that is guarded"
    for comparison in found:
        if comparison.data not in targets:
            continue
        for figure in gate.goals:
            one = comparison.of(figure)
            if one.verdict is Verdict.unknown:
                yield (
                    f"{figure} on {comparison.data} rests on {one.groups} series (a group counts once), "
                    f"at least {FEWEST_GROUPS} with a figure are needed to tell progress from noise"
                )
            elif one.verdict is not Verdict.better:
                yield f"{_told(comparison, one)}: not better by more than the noise"


def _told(comparison: Comparison, one: Difference) -> str:
    return (
        f"{one.figure} on {comparison.data} went from {one.first:.3f} to {one.second:.3f} "
        f"({one.change:+.3f}, 95 % interval {one.low:+.3f} to {one.high:+.3f})"
    )


def _decision(
    request: PromotionRequest, champion: str, challenger: str, reason: str | None
) -> dict[str, Any]:
    return {
        "challenger": challenger,
        "champion": champion,
        "promoted": reason is None,
        "reason": reason,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "targets": list(request.targets),
        "guards": list(request.guards),
        "gate": asdict(request.gate),
        "settings": asdict(request.conditions),
    }
