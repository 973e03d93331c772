"""Windows per second of the shipped model, and how near that is to what the cores can do.

    python benchmarks/bench_scorer.py [--quick]

The measure is the matrix products of the model's own layers, of the same shapes and in the same
precision, with nothing between them: a scorer that took no more time would have the share 1.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Annotated, Any

import numpy as np
import torch
import typer
from common import write_result
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from spear_stream.core.records import StructArray
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import Backbone, load_backbone
from spear_stream.model.checkpoint import load_checkpoint
from spear_stream.model.packaged import DEFAULT_CHECKPOINT
from spear_stream.model.scorer import FrozenScorer

BATCHES = (1, 16, 64, 256)
VARIANTS = {
    "float32": (torch.float32, False),
    "bfloat16": (torch.bfloat16, False),
    "torch.compile": (torch.float32, True),
}
VARIANT_BATCH = 64
LEAST_RUNS = 5


def main(
    *, quick: Annotated[bool, typer.Option(help="Shorter runs, no torch.compile: seconds.")] = False
) -> None:
    """Windows per second, latency, and the share of a plain matrix product's speed."""
    seconds = 0.3 if quick else 2.0
    rows = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        rows += [measure("float32", batch, threads, seconds) for batch in BATCHES]
        for variant in ("bfloat16",) if quick else ("bfloat16", "torch.compile"):
            rows.append(measure(variant, VARIANT_BATCH, threads, seconds))
    result = {"checkpoint": load_checkpoint(DEFAULT_CHECKPOINT).manifest.id, "rows": rows}
    show(result)
    if not quick:
        print(f"written to {write_result('scorer', result).name}")


def measure(variant: str, batch: int, threads: int, seconds: float) -> dict[str, Any]:
    scorer, backbone, shape = load(variant)
    windows = full_windows(scorer.spec, batch)
    times = timed(lambda: scorer.score(windows), seconds)
    product = median(timed(products(backbone, batch * shape[0], VARIANTS[variant][0]), seconds))
    return {
        "variant": variant,
        "threads": threads,
        "batch": batch,
        "windows_per_second": round(batch / median(times)),
        "p50_ms": round(1000 * median(times), 2),
        "p99_ms": round(1000 * float(np.quantile(times, 0.99)), 2),
        "gflop_per_second": round(batch * shape[1] / median(times) / 1e9, 1),
        "product_gflop_per_second": round(batch * shape[1] / product / 1e9, 1),
        "share_of_product": round(product / median(times), 2),
    }


def load(variant: str) -> tuple[FrozenScorer, Backbone, tuple[int, int]]:
    """Also the positions of a full window and the operations of the layers' products on them."""
    dtype, compiled = VARIANTS[variant]
    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    wanted = checkpoint.manifest.backbone
    backbone = load_backbone(wanted.name, wanted.layers, causal=wanted.causal)
    scorer = FrozenScorer(backbone, [checkpoint], dtype=dtype, compile=compiled)
    positions = checkpoint.manifest.shape.prompts + scorer.spec.patches
    return scorer, backbone, (positions, 2 * positions * sum(w.numel() for w in weights(backbone)))


def weights(backbone: Backbone) -> list[Tensor]:
    """Of the layers that every position goes through; BERT's pooler sees one position and is left out."""
    named = backbone.named_modules()
    return [module.weight for name, module in named if isinstance(module, nn.Linear) and "pooler" not in name]


def products(backbone: Backbone, rows: int, dtype: torch.dtype) -> Callable[[], object]:
    """One matrix product per layer of the model: (rows, in) times (in, out)."""
    pairs = [(torch.randn(rows, w.shape[1]).to(dtype), w.detach().to(dtype).t()) for w in weights(backbone)]
    return lambda: [torch.mm(left, right) for left, right in pairs]


def full_windows(spec: WindowSpec, count: int) -> StructArray:
    windows = np.zeros(count, spec.dtype)
    windows["fresh"] = 1
    windows["points"] = spec.length
    codes = np.random.default_rng(1).integers(1, spec.bins + 1, windows["codes"].shape)
    windows["codes"] = codes
    return windows


def timed(action: Callable[[], object], seconds: float) -> list[float]:
    """Seconds of each run, after one that is not counted."""
    action()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < LEAST_RUNS or time.perf_counter() < end:
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return times


def show(result: dict[str, Any]) -> None:
    columns = (
        "threads",
        "precision",
        "batch",
        "windows/s",
        "p50 ms",
        "p99 ms",
        "GFLOP/s",
        "product",
        "share",
    )
    table = Table(*columns, title=f"Scorer, checkpoint {result['checkpoint']}", title_justify="left")
    names = ("threads", "variant", "batch", "windows_per_second", "p50_ms", "p99_ms")
    speeds = ("gflop_per_second", "product_gflop_per_second", "share_of_product")
    for row in result["rows"]:
        table.add_row(*(str(row[name]) for name in (*names, *speeds)))
    Console(width=100).print(table)


if __name__ == "__main__":
    typer.run(main)
