"""The control topic for people and programs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from spear_stream.core.roles import CheckpointRef, Roles
from spear_stream.ops.rollout_figures import Figures, FiguresOf
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


def show(board: Board, console: Console, figures: FiguresOf | None = None, *, as_json: bool) -> None:
    """figures: what workers say of challengers, if they were asked."""
    if as_json:
        tenants = {tenant: asdict(roles) for tenant, roles in sorted(board.roles.items())}
        unusable = [asdict(found) for found in board.unusable]
        asked = {} if figures is None else {"figures": _plain(board.roles, figures)}
        console.print_json(json.dumps({"tenants": tenants, "unusable": unusable, **asked}))
        return
    if board.roles:
        console.print(_table(board.roles))
    else:
        console.print("no tenant is in the control topic: workers use the checkpoints of their settings")
    if figures is not None:
        show_figures(board.roles, figures, console)
    for found in board.unusable:
        console.print(f"[yellow]not usable:[/] {escape(found.detail)}", soft_wrap=True)


def show_figures(tenants: Mapping[str, Roles], figures: FiguresOf, console: Console) -> None:
    """A table for every challenger that there is now, though no worker may have scored with it."""
    for tenant, challenger in _challengers(tenants):
        name = f"{challenger} of tenant {tenant} beside its champion, since the workers' start"
        table = Table("figure", Column("value", justify="right"), title=escape(name), title_justify="left")
        found = _figures(figures.get((tenant, challenger), Figures()))
        for row in zip(COMPARED, found, strict=True):
            table.add_row(*row)
        console.print(table)


def _table(tenants: Mapping[str, Roles]) -> Table:
    table = Table("tenant", "role", "checkpoint", "since", "share")
    for tenant, roles in sorted(tenants.items()):
        for number, row in enumerate(_rows(roles)):
            table.add_row("" if number else escape(tenant), *map(escape, row))
    return table


def _rows(roles: Roles) -> Iterator[tuple[str, str, str, str]]:
    yield _row("champion", roles.champion) or ("champion", BY_SETTINGS, "", "")
    if challenger := _row("challenger", roles.challenger, f"{roles.share:.0%}"):
        yield challenger
    if previous := _row("previous", roles.previous):
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
    yield from (f"{windows[who]:,}" for who in ("both", "champion", "challenger"))
    yield "-" if found.agreement is None else f"{found.agreement:.0%}"
    yield from (f"{found.opened[role]:,}" for role in ("champion", "challenger"))
    yield "-" if found.mean_distance is None else f"{found.mean_distance:.3f}"


def _plain(tenants: Mapping[str, Roles], figures: FiguresOf) -> list[dict[str, object]]:
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
