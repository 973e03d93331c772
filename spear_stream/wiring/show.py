"""show-checkpoint: a manifest for people."""

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from spear_stream.model.checkpoint import TENSORS, Manifest, load_checkpoint
from spear_stream.model.packaged import checkpoint_folder


def show_checkpoint(name: str | None, console: Console, *, as_json: bool) -> None:
    """Print a verified checkpoint's manifest. Raises CheckpointError."""
    folder = checkpoint_folder(name)
    manifest = load_checkpoint(folder).manifest
    if as_json:
        console.print_json(json.dumps(asdict(manifest)))
        return
    console.print(_table(folder, manifest))


def _table(folder: Path, manifest: Manifest) -> Table:
    table = Table(show_header=False, title=f"Checkpoint {escape(manifest.id)}", title_justify="left")
    backbone, spec = manifest.backbone, manifest.spec
    causal = ", causal" if backbone.causal else ""
    size = (folder / TENSORS).stat().st_size
    rows = {
        "folder": f"{folder} ({size / 1000:.0f} kB)",
        "backbone": f"{backbone.name}, first {backbone.layers} layers{causal}, "
        f"SHA-256 {backbone.digest[:16]}...",
        "window": f"{spec.length} points in patches of {spec.patch}, {spec.bins} bins",
        "channels": ", ".join(manifest.channels),
        "first score": f"after {spec.min_points} points of a series",
        "prompts": f"{manifest.shape.prompts} vectors of {manifest.shape.hidden}",
        "trained by": manifest.command,
        "seed, steps": f"{manifest.seed}, {manifest.steps}",
        "trained on": ", ".join(manifest.trained_on) or "generated series only",
        "metrics": ", ".join(f"{name} {value:.4g}" for name, value in manifest.metrics.items()),
    }
    for name, value in rows.items():
        table.add_row(name, escape(value))
    return table
