"""`spear-stream prompts`: roll-outs of prompt checkpoints to running workers."""

from typing import Annotated, Any

import typer
from rich.console import Console

from spear_stream.cli_options import CHECKPOINT_HELP, Config, Set, load
from spear_stream.core.errors import ConfigError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Roll prompt checkpoints out to running workers, through the control topic.\n\n"
    "A [bold]tenant[/bold] is whom a checkpoint is for: * (every series), topic:NAME, or a pattern of series "
    "names such as 'host1.*'; the most specific one that matches a series decides. Its [bold]champion[/bold] "
    "raises the alerts; its [bold]challenger[/bold] scores the same windows in the shadow, and its alerts go "
    "to a topic of their own until it is promoted.\n\n"
    "Needs SPEAR_KAFKA__CONTROL_TOPIC; docs/rollout.md explains it.\n\n"
    "[bold]A roll-out on evidence[/bold]\n\n"
    "$ spear-stream prompts shadow runs/new --share 0.2\n\n"
    "$ spear-stream prompts list -m http://worker-1:8080 -m http://worker-2:8080\n\n"
    "$ spear-stream prompts promote\n\n"
    "$ spear-stream prompts rollback",
)

Tenant = Annotated[
    str,
    typer.Option(
        "--tenant", "-t", metavar="TENANT", help="*, topic:NAME or a pattern of series names (quote it)."
    ),
]
Folder = Annotated[str, typer.Argument(metavar="DIR|default", help=f"{CHECKPOINT_HELP}.")]


@app.command("list")
def list_prompts(
    config: Config = None,
    settings: Set = None,
    *,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metrics",
            "-m",
            metavar="URL",
            help="Address of a worker's /metrics: adds whether it uses these checkpoints and what it counted "
            "of challengers. Repeat it for every worker of the group, or it is told of a part of the series.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show each tenant's champion, challenger and previous champion, and how challengers do.

    [bold]Examples[/bold]

    $ spear-stream prompts list -s kafka.control_topic=spear.control

    $ spear-stream prompts list -m http://worker-1:8080 -m http://worker-2:8080
    """
    from spear_stream.ops.rollout_figures import workers_at  # noqa: PLC0415 - see cli.py

    loaded = load(config, settings)
    workers = workers_at(metrics) if metrics else None
    board = _board(loaded)
    from spear_stream.wiring.prompts_list import show  # noqa: PLC0415 - see cli.py

    show(board, Console(), workers, as_json=as_json)


@app.command()
def publish(folder: Folder, tenant: Tenant = "*", config: Config = None, settings: Set = None) -> None:
    """Make a checkpoint the champion of a tenant at once; `rollback` undoes it.

    The checkpoint is verified first. To see how it does before it counts, use `shadow` and `promote`.

    [bold]Example[/bold]

    $ spear-stream prompts publish runs/team-a --tenant 'team-a.*'
    """
    loaded = load(config, settings)
    checkpoint = _checkpoint(folder, loaded)
    roles = _board(loaded).publish(checkpoint, tenant)
    _say(f"champion of {tenant} is {roles.champion.id}", "workers swap within seconds, between two batches")


@app.command()
def shadow(
    folder: Annotated[
        str | None,
        typer.Argument(metavar="[DIR|default]", help="Checkpoint; the present challenger if left out."),
    ] = None,
    tenant: Tenant = "*",
    share: Annotated[
        float | None,
        typer.Option("--share", help="Share of the series it scores, by hash.", min=0.0, max=1.0),
    ] = None,
    config: Config = None,
    settings: Set = None,
    *,
    off: Annotated[bool, typer.Option("--off", help="End the shadow.")] = False,
) -> None:
    """Let a challenger score in the shadow of the champion, change its share, or end it.

    It costs one more scoring of each window it takes. Nothing of the champion changes.

    [bold]Examples[/bold]

    $ spear-stream prompts shadow runs/new --tenant 'team-a.*' --share 0.1

    $ spear-stream prompts shadow --tenant 'team-a.*' --share 1

    $ spear-stream prompts shadow --tenant 'team-a.*' --off
    """
    if off and (folder is not None or share is not None):
        raise ConfigError("--off ends the shadow: give neither DIR nor --share with it")
    loaded = load(config, settings)
    checkpoint = None if folder is None else _checkpoint(folder, loaded)
    board = _board(loaded)
    if off:
        board.unshadow(tenant)
        _say(f"{tenant} has no challenger any more")
        return
    roles = board.shadow(checkpoint, tenant, share)
    _say(f"challenger of {tenant} is {roles.challenger.id}, on {roles.share:.0%} of its series")


@app.command()
def promote(tenant: Tenant = "*", config: Config = None, settings: Set = None) -> None:
    """Make the challenger the champion; the champion before is kept for `rollback`.

    [bold]Example[/bold]

    $ spear-stream prompts promote --tenant 'team-a.*'
    """
    roles = _board(load(config, settings)).promote(tenant)
    _say(f"champion of {tenant} is {roles.champion.id}", f"before it was {_name(roles.previous)}")


@app.command()
def rollback(tenant: Tenant = "*", config: Config = None, settings: Set = None) -> None:
    """Make the champion before the champion again; a second rollback undoes the first.

    [bold]Example[/bold]

    $ spear-stream prompts rollback --tenant 'team-a.*'
    """
    roles = _board(load(config, settings)).rollback(tenant)
    _say(f"champion of {tenant} is {_name(roles.champion)}", f"before it was {_name(roles.previous)}")


@app.command()
def remove(tenant: Tenant, config: Config = None, settings: Set = None) -> None:
    """Take a tenant out of the control topic: a less specific one or the workers' settings decide again.

    [bold]Example[/bold]

    $ spear-stream prompts remove --tenant 'team-a.*'
    """
    _board(load(config, settings)).remove(tenant)
    _say(f"{tenant} is no tenant of the control topic any more")


def _board(loaded: Any) -> Any:
    from spear_stream.wiring.prompts import Board  # noqa: PLC0415 - see cli.py

    return Board(loaded)


def _checkpoint(name: str, loaded: Any) -> Any:
    from spear_stream.wiring.publishable import publishable  # noqa: PLC0415 - torch is slow

    return publishable(name, loaded)


def _name(ref: Any) -> str:
    return "what the settings of the workers say" if ref is None else str(ref.id)


def _say(*lines: str) -> None:
    Console(soft_wrap=True).print("; ".join(lines), markup=False, highlight=False)
