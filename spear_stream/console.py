"""What the command lines of the daemon and the trainer have in common."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from spear_stream import __version__
from spear_stream.core.errors import SpearError


def new_app(program: str, summary: str) -> typer.Typer:
    """A command line with --version that shows its help when called without a command."""
    app = typer.Typer(
        name=program,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help=summary,
    )

    def root(
        *,
        version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    ) -> None:
        if version:
            typer.echo(f"{program} {__version__}")
            raise typer.Exit

    app.callback(invoke_without_command=True)(root)
    return app


def run_plainly(program: str, command: Callable[[], object]) -> None:
    """Run it; a SpearError becomes one plain message and its exit code, Ctrl-C becomes 130."""
    try:
        command()
    except SpearError as error:
        Console(stderr=True, soft_wrap=True).print(f"{program}: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
