"""`prompts list --metrics`: what workers counted of challengers, added up."""

import io
import re
from collections.abc import Iterator

import numpy as np
import pytest
import structlog
from prometheus_client import CollectorRegistry
from rich.console import Console

from spear_stream.core.comparison import Comparison, hot_counts
from spear_stream.core.errors import ConfigError
from spear_stream.core.roles import CheckpointRef, Roles
from spear_stream.ops.http import Health, OpsServer
from spear_stream.ops.rollout_figures import figures_of
from spear_stream.ops.rollout_metrics import LoggedRollout
from spear_stream.wiring.prompts_list import show_figures

CHAMPION, CHALLENGER = np.array([False, True, True, False]), np.array([False, True, False, True])
SEEN = Comparison(
    "*",
    "two",
    hot_counts(CHAMPION, CHALLENGER),
    np.array([0, 0.1, 0.4, 0.5]),
    {"champion": 2, "challenger": 1},
)


def worker(*seen: Comparison) -> OpsServer:
    registry = CollectorRegistry()
    told = LoggedRollout(registry, structlog.stdlib.get_logger())
    for comparison in seen:
        told.challenged(comparison)
    return OpsServer("127.0.0.1", 0, Health(60.0), registry)


@pytest.fixture
def urls() -> Iterator[list[str]]:
    with worker(SEEN) as one, worker(SEEN, SEEN) as two, worker() as idle:
        yield [f"http://127.0.0.1:{server.port}" for server in (one, two, idle)]


def test_the_figures_of_all_workers_are_added_up(urls: list[str]) -> None:
    [(key, found)] = figures_of([*urls[:2], f"{urls[2]}/metrics"]).items()
    assert key == ("*", "two")
    assert found.windows == {"none": 3, "champion": 3, "challenger": 3, "both": 3}
    assert found.opened == {"champion": 6, "challenger": 3}
    assert found.agreement == pytest.approx(1 / 3)
    assert found.mean_distance == pytest.approx(0.25)


def test_there_is_a_table_of_every_challenger_that_is_one_now(urls: list[str]) -> None:
    two, new = (CheckpointRef("0", name, "2026-01-01T00:00:00Z") for name in ("two", "new"))
    tenants = {"*": Roles(challenger=two), "a*": Roles(challenger=new), "b*": Roles(champion=two)}
    out = io.StringIO()
    show_figures(tenants, figures_of(urls), Console(file=out, width=80))
    lines = out.getvalue().splitlines()
    assert [line.split(" beside")[0] for line in lines if "tenant" in line] == [
        "two of tenant *",
        "new of tenant a*",
    ]
    values = [line.strip("│ \n").split("│")[1].strip() for line in lines if line.startswith("│")]
    assert values[:8] == ["12", "3", "3", "3", "33%", "6", "3", "0.250"]
    assert values[8:] == ["0", "0", "0", "0", "-", "0", "0", "-"]


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
            figures_of([url])
