"""The control topic for people and programs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from spear_stream.core.roles import CheckpointRef, Role, Roles
from spear_stream.ops.rollout_figures import Figures, FiguresOf, Workers
from spear_stream.wiring.prompts import Board

BY_SETTINGS = "the workers' settings decide"
COMPARED = (
    "windows that both scored",
    "anomalous to both",
    "anomalous to the champion only",
    "anomalous to the challenger only",
    "agreement",
    "alerts of the champion",
    "alerts of the challenger",
    "mean distance of the scores",
)


def show(board: Board, console: Console, workers: Workers | None = None, *, as_json: bool) -> None:
    """workers: what they say, if they were asked."""
    if as_json:
        console.print_json(json.dumps(_plain(board, workers)))
        return
    if board.roles:
        console.print(_table(board.roles, workers))
    else:
        console.print("no tenant is in the control topic: workers use the checkpoints of their settings")
    if workers is not None:
        show_workers(board.roles, workers, console)
    for found in board.unusable:
        console.print(f"[yellow]not usable:[/] {escape(found.detail)}", soft_wrap=True)


def show_workers(tenants: Mapping[str, Roles], workers: Workers, console: Console) -> None:
    """A table for every challenger that there is now, though no worker may have scored with it."""
    if workers.refused:
        console.print(
            f"[yellow]refused:[/] {workers.refused} control records or checkpoints since the workers' start; "
            "their logs say why (roll-out refused)",
            soft_wrap=True,
        )
    for tenant, challenger in _challengers(tenants):
        name = f"{challenger} of tenant {tenant} beside its champion, since the workers' start"
        table = Table("figure", Column("value", justify="right"), title=escape(name), title_justify="left")
        found = _figures(workers.figures.get((tenant, challenger), Figures()))
        for row in zip(COMPARED, found, strict=True):
            table.add_row(*row)
        console.print(table)


def _table(tenants: Mapping[str, Roles], workers: Workers | None) -> Table:
    table = Table(
        "tenant", "role", "checkpoint", "since", "share", *(() if workers is None else ("in use by",))
    )
    for tenant, roles in sorted(tenants.items()):
        for number, row in enumerate(_rows(roles)):
            used = () if workers is None else (_users(workers, tenant, *row[:2]),)
            table.add_row("" if number else escape(tenant), *map(escape, (*row, *used)))
    return table


def _users(workers: Workers, tenant: str, role: str, checkpoint: str) -> str:
    """Of the roles that workers play; a champion of their settings is not told apart."""
    if role == Role.PREVIOUS or checkpoint == BY_SETTINGS:
        return ""
    return f"{workers.using[tenant, role, checkpoint]} of {workers.asked}"


def _rows(roles: Roles) -> Iterator[tuple[str, str, str, str]]:
    yield _row(Role.CHAMPION, roles.champion) or (Role.CHAMPION, BY_SETTINGS, "", "")
    if challenger := _row(Role.CHALLENGER, roles.challenger, f"{roles.share:.0%}"):
        yield challenger
    if previous := _row(Role.PREVIOUS, roles.previous):
        yield previous


def _row(role: str, ref: CheckpointRef | None, share: str = "") -> tuple[str, str, str, str] | None:
    return None if ref is None else (role, ref.id, ref.since, share)


def _challengers(tenants: Mapping[str, Roles]) -> list[tuple[str, str]]:
    """(tenant, id): keys of FiguresOf."""
    return [(name, roles.challenger.id) for name, roles in sorted(tenants.items()) if roles.challenger]


def _figures(found: Figures) -> Iterator[str]:
    """A cell for each of COMPARED."""
    windows = found.windows
    yield f"{found.compared:,}"
    yield from (f"{windows[who]:,}" for who in ("both", Role.CHAMPION, Role.CHALLENGER))
    yield "-" if found.agreement is None else f"{found.agreement:.0%}"
    yield from (f"{found.opened[role]:,}" for role in (Role.CHAMPION, Role.CHALLENGER))
    yield "-" if found.mean_distance is None else f"{found.mean_distance:.3f}"


def _plain(board: Board, workers: Workers | None) -> dict[str, object]:
    """For programs."""
    plain: dict[str, object] = {
        "tenants": {tenant: asdict(roles) for tenant, roles in sorted(board.roles.items())},
        "unusable": [asdict(found) for found in board.unusable],
    }
    if workers is not None:
        names = ("tenant", "role", "checkpoint", "workers")
        using = [dict(zip(names, (*key, count), strict=True)) for key, count in sorted(workers.using.items())]
        plain["workers"] = {"asked": workers.asked, "refused": workers.refused, "using": using}
        plain["figures"] = _plain_figures(board.roles, workers.figures)
    return plain


def _plain_figures(tenants: Mapping[str, Roles], figures: FiguresOf) -> list[dict[str, object]]:
    found = ((*key, figures.get(key, Figures())) for key in _challengers(tenants))
    return [
        {
            "tenant": tenant,
            "challenger": challenger,
            "windows": dict(of.windows),
            "opened": dict(of.opened),
            "agreement": of.agreement,
            "mean_distance": of.mean_distance,
        }
        for tenant, challenger, of in found
    ]
