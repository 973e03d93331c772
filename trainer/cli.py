"""The command line; the commands are in trainer/commands."""

from spear_stream.console import new_app, run_plainly
from trainer.commands.data import datasets, fetch, label
from trainer.commands.fit import fit
from trainer.commands.judge import compare, evaluate, promote
from trainer.commands.report import report
from trainer.commands.verdicts import verdicts

EXIT_CODES = """

[bold]Exit codes[/bold]: 0 done, 1 a fault inside spear-trainer, 2 an option, preset, checkpoint or folder
that cannot work, 3 data that cannot be read, 4 Kafka refused or could not be reached, 6 a challenger that
was refused, 7 retraining is wanted (verdicts --check), 130 interrupted (a training run is saved and goes on
next time).
"""
PROGRAM = "spear-trainer"
COMMANDS = (datasets, fetch, label, fit, evaluate, compare, promote, report, verdicts)

app = new_app(
    PROGRAM,
    "Train prompt checkpoints for spear-stream and measure how well they find anomalies." + EXIT_CODES,
)
for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Entry point."""
    run_plainly(PROGRAM, app)


if __name__ == "__main__":
    main()
