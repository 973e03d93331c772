"""What every benchmark writes beside its figures: the machine, the commit and the versions."""

import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

from trainer.provenance import processor, provenance

RESULTS = Path(__file__).parent / "results"
COMMIT = provenance()["commit"]
"""Of the code that runs: taken on import, for by the end of the work the checkout may have another."""
_PACKAGES = ("kafka-python", "msgspec", "numpy", "torch", "transformers")


def write_result(name: str, payload: dict[str, Any]) -> Path:
    """Write `benchmarks/results/NAME.json` and return its path."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    result = {"benchmark": name, "commit": COMMIT, "machine": machine(), **payload}
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return path


def machine() -> dict[str, Any]:
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name)) is not None},
    }


def best_seconds(
    action: Callable[[], object], repeats: int, clock: Callable[[], float] = perf_counter
) -> float:
    """Shortest of `repeats` runs: what the code costs when nothing else is running.

    With `time.process_time` as the clock it is CPU time, for code on one thread beside other work.
    """
    times = []
    for _ in range(repeats):
        start = clock()
        action()
        times.append(clock() - start)
    return min(times)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
