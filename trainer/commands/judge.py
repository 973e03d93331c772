"""`spear-trainer evaluate`, `compare` and `promote`.

Heavy libraries are imported inside the commands, so that --help answers at once.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from spear_stream.core.spec import CALM_HOP
from trainer.commands.options import (
    CalmHop,
    Data,
    Detector,
    Dtype,
    Hop,
    Json,
    PostProcessing,
    SeveralData,
    Threads,
)
from trainer.conditions import Conditions
from trainer.postprocess import Post


def evaluate(
    data: Data,
    checkpoint: Annotated[
        str, typer.Option("--checkpoint", "-c", metavar="DIR|default", help="default is the packaged one.")
    ] = "default",
    json: Json = None,
    *,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Simple detectors beside it, with the same post-processing.")
    ] = False,
    hop: Hop = 1,
    calm_hop: CalmHop = CALM_HOP,
    post: PostProcessing = Post.full,
    threads: Threads = None,
    dtype: Dtype = "auto",
) -> None:
    """Measure a checkpoint on labelled data, streamed point by point through the daemon's own core.

    Series start from scratch, nothing looks ahead, one set of settings serves all series. Event figures
    come from the alerts that the daemon would send with its default policy. Simple detectors are scored every
    --hop points.

    [bold]Examples[/bold]

    $ spear-trainer evaluate --data csv:labelled --checkpoint runs/tiny --json figures.json

    $ spear-trainer evaluate --data nab:NAB --baselines
    """
    from trainer.assessment import EvaluationRequest, assess  # noqa: PLC0415 - see the module's docstring

    conditions = Conditions(hop, calm_hop, post, threads, dtype)
    request = EvaluationRequest(data, checkpoint, json, conditions, baselines=baselines)
    assess(request, Console(), Console(stderr=True, soft_wrap=True))


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help=f"A detector: {Detector}.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    data: SeveralData,
    json: Json = None,
    hop: Hop = 1,
    calm_hop: CalmHop = CALM_HOP,
    post: PostProcessing = Post.full,
    threads: Threads = None,
    dtype: Dtype = "auto",
) -> None:
    """Say in which figures checkpoint B is better than A by more than the noise.

    Both score the same series and are measured on the same 500 draws of them, those of a group together
    (paired bootstrap); the interval is that of the difference. Exits with 0 whatever it finds; `promote` is
    the gate.

    [bold]Examples[/bold]

    $ spear-trainer compare default runs/mine --data nab:NAB --data csv:labelled

    $ spear-trainer compare baseline:sub_pca default --data nab:NAB --hop 4 --json figures.json
    """
    from trainer import comparison  # noqa: PLC0415 - see the module's docstring

    conditions = Conditions(hop, calm_hop, post, threads, dtype)
    request = comparison.CompareRequest(first, second, data, json, conditions)
    comparison.compare(request, Console(), Console(stderr=True, soft_wrap=True))


def promote(
    challenger: Annotated[
        str, typer.Argument(metavar="DIR|default", help="Folder of a checkpoint, or default.")
    ],
    data: SeveralData,
    to: Annotated[
        Path,
        typer.Option("--to", metavar="DIR", help="Gets the checkpoint under its id, and as `current`."),
    ],
    champion: Annotated[
        str | None,
        typer.Option(
            "--champion",
            metavar="DIR|default",
            help=f"What it has to beat: {Detector}. If not given, `current` of --to, else default.",
        ),
    ] = None,
    guard: Annotated[
        list[str] | None,
        typer.Option(
            "--guard",
            "-g",
            metavar="KIND:PLACE",
            help="Data on which it must not be worse; repeat for more.",
        ),
    ] = None,
    goal: Annotated[
        list[str] | None,
        typer.Option("--goal", metavar="FIGURE", help="Must be better on every --data; vus_pr if not given."),
    ] = None,
    guarded: Annotated[
        list[str] | None,
        typer.Option(
            "--guarded",
            metavar="FIGURE",
            help="Must not be worse anywhere; vus_pr, event_f1 and false_alarms_per_series_day if not given.",
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option("--tolerance", min=0, help="Share that a guarded figure may lose within the noise."),
    ] = 0.1,
    json: Json = None,
    hop: Hop = 1,
    calm_hop: CalmHop = CALM_HOP,
    post: PostProcessing = Post.full,
    threads: Threads = None,
    dtype: Dtype = "auto",
) -> None:
    """Let a checkpoint follow the champion if it is better by more than the noise, or refuse it.

    It has to be better in every --goal on every --data (paired bootstrap, see `compare`), and must not be
    worse in any --guarded figure on any --data or --guard. Refused, it exits with 6, says why and changes
    nothing. Promoted, the checkpoint is copied to DIR under its id with the evidence beside it
    (promotion.json), and the link DIR/current changes to it in one step.

    [bold]Examples[/bold]

    $ spear-trainer promote runs/mine --data csv:labelled --to checkpoints

    $ spear-trainer promote runs/mine --data csv:ours --guard nab:NAB --goal event_f1 --to checkpoints
    """
    from trainer import promotion  # noqa: PLC0415 - see the module's docstring
    from trainer.installation import CURRENT  # noqa: PLC0415 - as above

    default = promotion.Gate()
    gate = promotion.Gate(tuple(goal or default.goals), tuple(guarded or default.guarded), tolerance)
    conditions = Conditions(hop, calm_hop, post, threads, dtype)
    request = promotion.PromotionRequest(challenger, champion, data, guard or [], to, gate, json, conditions)
    folder = promotion.promote(request, Console(), Console(stderr=True, soft_wrap=True))
    typer.echo(f"promoted: {to / CURRENT} is {folder.name} now")
