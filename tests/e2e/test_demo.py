"""The demo as a user without a terminal runs it, with the shipped model."""

import csv
import json
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from matplotlib.image import imread

from spear_stream.transport.events import alert_event_schema

ROOT = Path(__file__).parents[2]


def start_demo(folder: Path, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "spear_stream.cli", "demo", "--out", str(folder / "out"), *flags]
    environment = {
        "PYTHONPATH": str(ROOT),
        "PATH": "/usr/bin:/bin",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def read_scores(folder: Path) -> list[dict[str, str]]:
    with (folder / "out" / "scores.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
@pytest.mark.timeout(450)  # a minute on two free cores
def test_the_whole_demo(tmp_path: Path) -> None:
    demo = start_demo(tmp_path, "--live-seconds", "9")
    output, _ = demo.communicate(timeout=420)
    assert demo.returncode == 0, output

    events = [json.loads(line) for line in (tmp_path / "out" / "alerts.jsonl").read_text().splitlines()]
    schema = Draft202012Validator(alert_event_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)
    for event in events:
        schema.validate(event)
    alarmed = {event["series"] for event in events}
    assert "water-flow.litres_per_s" in alarmed  # the real anomalies of the real series

    found, injected = map(int, re.findall(r"(\d+) of (\d+) found in the generated series", output)[0])
    assert injected == 20
    assert found >= 12  # the shipped model's own figure is higher; this is to notice a broken one
    assert "score-file" in output

    rows = read_scores(tmp_path)
    points = int(re.findall(r"points +([\d,]+) in", output)[0].replace(",", ""))
    assert len(rows) == points > 15_000
    assert set(Counter(row["status"] for row in rows)) == {"warming_up", "held", "scored"}
    live = Counter(row["series"] for row in rows if row["status"] == "scored")["this-machine.cpu_percent"]
    assert live > 0

    drawn = {path.name for path in (tmp_path / "out" / "pictures").iterdir()}
    assert drawn == {f"{series}.png" for series in alarmed}
    assert imread(tmp_path / "out" / "overview.png").shape[1] == 1200


def test_an_interrupt_ends_with_what_was_done_so_far(tmp_path: Path) -> None:
    demo = start_demo(tmp_path, "--live-seconds", "60")
    assert demo.stdout is not None
    for line in demo.stdout:
        if "opened" in line:
            break
    demo.send_signal(signal.SIGINT)
    output, _ = demo.communicate(timeout=120)

    assert demo.returncode == 0, output
    assert "points " in output
    assert "Look at" in output
    rows = read_scores(tmp_path)
    assert 0 < len(rows) < 15_000
    assert {row["status"] for row in rows} <= {"warming_up", "scored"}  # nothing was left unscored
    assert list((tmp_path / "out" / "pictures").glob("*.png"))
