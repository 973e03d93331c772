"""`prompts list --metrics`: what workers counted of challengers, added up."""

import io
import json
import re
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import structlog
from prometheus_client import CollectorRegistry
from rich.console import Console

from spear_stream.core.comparison import Comparison, hot_counts
from spear_stream.core.control import PromptUse
from spear_stream.core.errors import ConfigError
from spear_stream.core.records import ModelInfo
from spear_stream.core.roles import CheckpointRef, Roles
from spear_stream.ops.http import Health, OpsServer
from spear_stream.ops.rollout_figures import Workers, workers_at
from spear_stream.ops.rollout_metrics import LoggedRollout
from spear_stream.wiring.prompts import Board
from spear_stream.wiring.prompts_list import show, show_workers

CHAMPION, CHALLENGER = np.array([False, True, True, False]), np.array([False, True, False, True])
SEEN = Comparison(
    "*",
    "two",
    hot_counts(CHAMPION, CHALLENGER),
    np.array([0, 0.1, 0.4, 0.5]),
    {"champion": 2, "challenger": 1},
)


def worker(*seen: Comparison, uses: Sequence[str] = (), refused: int = 0) -> OpsServer:
    registry = CollectorRegistry()
    told = LoggedRollout(registry, structlog.stdlib.get_logger())
    for comparison in seen:
        told.challenged(comparison)
    told.prompts([PromptUse("*", "champion", ModelInfo(name, "minilm-l6")) for name in uses])
    for _ in range(refused):
        told.control_trouble("prompt_invalid", "no such artefact")
    return OpsServer("127.0.0.1", 0, Health(60.0), registry)


@pytest.fixture
def urls() -> Iterator[list[str]]:
    with worker(SEEN) as one, worker(SEEN, SEEN) as two, worker() as idle:
        yield [f"http://127.0.0.1:{server.port}" for server in (one, two, idle)]


def test_the_figures_of_all_workers_are_added_up(urls: list[str]) -> None:
    [(key, found)] = workers_at([*urls[:2], f"{urls[2]}/metrics"]).figures.items()
    assert key == ("*", "two")
    assert found.windows == {"none": 3, "champion": 3, "challenger": 3, "both": 3}
    assert found.opened == {"champion": 6, "challenger": 3}
    assert found.agreement == pytest.approx(1 / 3)
    assert found.mean_distance == pytest.approx(0.25)


def test_there_is_a_table_of_every_challenger_that_is_one_now(urls: list[str]) -> None:
    two, new = (CheckpointRef("0", name, "2026-01-01T00:00:00Z") for name in ("two", "new"))
    tenants = {"*": Roles(challenger=two), "a*": Roles(challenger=new), "b*": Roles(champion=two)}
    out = io.StringIO()
    show_workers(tenants, workers_at(urls), Console(file=out, width=80))
    lines = out.getvalue().splitlines()
    assert [line.split(" beside")[0] for line in lines if "tenant" in line] == [
        "two of tenant *",
        "new of tenant a*",
    ]
    values = [line.strip("│ \n").split("│")[1].strip() for line in lines if line.startswith("│")]
    assert values[:8] == ["12", "3", "3", "3", "33%", "6", "3", "0.250"]
    assert values[8:] == ["0", "0", "0", "0", "-", "0", "0", "-"]


def shown(workers: Workers, *, as_json: bool = False) -> str:
    two, one = (CheckpointRef("0", name, "2026-01-01T00:00:00Z") for name in ("two", "one"))
    roles = {"*": Roles(champion=two, previous=one), "a*": Roles(challenger=one)}
    out = io.StringIO()
    board = cast(Board, SimpleNamespace(roles=roles, unusable=[]))
    show(board, Console(file=out, width=80), workers, as_json=as_json)
    return out.getvalue()


def test_a_champion_that_a_worker_refused_is_seen_in_the_list() -> None:
    with worker(uses=("two",)) as one, worker(refused=2) as other:
        workers = workers_at([f"http://127.0.0.1:{server.port}" for server in (one, other)])
    lines = [[cell.strip() for cell in line.split("│")] for line in shown(workers).splitlines()]
    used = {(row[2], row[3]): row[6] for row in lines if len(row) == 8}
    assert used["champion", "two"] == "1 of 2"
    assert used["challenger", "one"] == "0 of 2"
    assert used["previous", "one"] == ""
    assert "refused: 2 control records or checkpoints" in shown(workers)
    assert json.loads(shown(workers, as_json=True))["workers"] == {
        "asked": 2,
        "refused": 2,
        "using": [{"tenant": "*", "role": "champion", "checkpoint": "two", "workers": 1}],
    }


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1", "Connection refused"),
        ("127.0.0.1:8080", "no http address"),
        ("file:///etc/hosts", "no http address"),
        ("{worker}/", "no metrics of spear-stream"),
        ("{worker}/nothing", "Not Found"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("{worker}/ä", "ordinal not in range"),
        ("http://worker..prod:8080", "label empty"),
    ],
)
def test_a_worker_that_does_not_answer_is_named_and_no_part_of_a_sum_is_shown(url: str, reason: str) -> None:
    with OpsServer("127.0.0.1", 0, Health(60.0), CollectorRegistry()) as plain:
        url = url.format(worker=f"http://127.0.0.1:{plain.port}")
        with pytest.raises(
            ConfigError, match=rf"--metrics {re.escape(url)}: .*{reason}.*such as http://worker-1:8080"
        ):
            workers_at([url])
