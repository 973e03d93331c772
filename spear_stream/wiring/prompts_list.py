"""The control topic for people and programs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from spear_stream.core.roles import CheckpointRef, Roles
from spear_stream.wiring.prompts import Board

BY_SETTINGS = "the workers' settings decide"


def show(board: Board, console: Console, *, as_json: bool) -> None:
    if as_json:
        tenants = {tenant: asdict(roles) for tenant, roles in sorted(board.roles.items())}
        unusable = [asdict(found) for found in board.unusable]
        console.print_json(json.dumps({"tenants": tenants, "unusable": unusable}))
        return
    if board.roles:
        console.print(_table(board.roles))
    else:
        console.print("no tenant is in the control topic: workers use the checkpoints of their settings")
    for found in board.unusable:
        console.print(f"[yellow]not usable:[/] {escape(found.detail)}", soft_wrap=True)


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
