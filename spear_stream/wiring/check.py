"""check-config: the effective settings, and whether the daemon could run with them."""

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from spear_stream.core.errors import BrokerError, SpearError
from spear_stream.model.packaged import checkpoint_folder
from spear_stream.ops.http import Health, OpsServer
from spear_stream.ops.settings import DEFAULT, Effective, Settings, effective, require_input
from spear_stream.transport.kafka_check import Finding
from spear_stream.wiring.common import scorer
from spear_stream.wiring.kafka import check_broker


def check(settings: Settings, console: Console, *, everything: bool = False) -> int:
    """Print settings and findings; returns the exit code. everything: those that have their defaults, too."""
    rows = list(effective(settings))
    shown = rows if everything else [row for row in rows if row.origin != DEFAULT]
    if shown:
        console.print(_table(shown))
    if others := len(rows) - len(shown):
        console.print(f"{others} settings have their defaults: --all shows them", highlight=False)
    code = 0
    for look in (_checkpoint, _endpoints, _broker):
        for finding, failure in _findings(look, settings):
            console.print(_line(finding), soft_wrap=True)
            code = code or (0 if finding.ok else failure)
    console.print(
        "[green]spear-stream run would start.[/]" if code == 0 else "[red]Mend what is marked ✗.[/]"
    )
    return code


def _checkpoint(settings: Settings) -> Iterator[Finding]:
    model = scorer(settings)
    folders = [settings.model.checkpoint, *settings.model.tenants.values()]
    for prompt, folder in enumerate(folders):
        info = model.describe(prompt)
        yield Finding(
            ok=True, what=f"checkpoint {info.checkpoint} on {info.backbone} from {checkpoint_folder(folder)}"
        )


def _endpoints(settings: Settings) -> Iterator[Finding]:
    host, port = settings.http.host, settings.http.port
    if port != 0:
        OpsServer(host, port, Health(settings.http.stall_seconds), CollectorRegistry()).close()
        yield Finding(ok=True, what=f"port {port} of {host} is free for /livez, /readyz and /metrics")


def _broker(settings: Settings) -> Iterator[Finding]:
    require_input(settings)
    yield from check_broker(settings)


def _findings(
    look: Callable[[Settings], Iterator[Finding]], settings: Settings
) -> Iterator[tuple[Finding, int]]:
    """Each with the exit code it has when it is not ok."""
    try:
        for finding in look(settings):
            yield finding, BrokerError.exit_code
    except SpearError as error:
        yield Finding(ok=False, what=str(error)), error.exit_code


def _line(finding: Finding) -> str:
    mark = "[green]✓[/]" if finding.ok else "[red]✗[/]"
    return f"{mark} {escape(finding.what)}"


def _table(rows: Sequence[Effective]) -> Table:
    table = Table("setting", "value", "from", title="Settings", title_justify="left")
    for row in rows:
        table.add_row(row.env, escape(row.value), row.origin)
    return table
