"""What a user sees of `spear-stream score-file`."""

import csv
import json
import signal
import subprocess
from collections import Counter
from datetime import datetime
from itertools import count
from pathlib import Path
from subprocess import PIPE

import pytest
from e2e.daemon import COMMAND, spear_stream
from e2e.feed import SPIKE, START, STEP, feed
from jsonschema import Draft202012Validator

from spear_stream.core.spec import WindowSpec
from spear_stream.transport.events import alert_event_schema

pytestmark = pytest.mark.slow

POINTS, SPIKE_AT = 120, 90
FIRST = WindowSpec().min_points
LINES = [value for _, value in feed(("a", "b"), range(POINTS), {SPIKE_AT})]
PNG = b"\x89PNG\r\n\x1a\n"


def alerts(path: Path) -> list[dict[str, object]]:
    """The alert events of a file, each checked against the schema."""
    events = [json.loads(line) for line in path.read_bytes().splitlines()]
    for event in events:
        Draft202012Validator(alert_event_schema()).validate(event)
    return events


def test_an_interrupt_leaves_what_was_scored_and_is_no_success(tmp_path: Path, tiny_checkpoint: Path) -> None:
    """Else `score-file ... && upload` publishes a part for the whole."""
    scores = tmp_path / "scores.csv"
    outputs = ("--out", "out.jsonl", "--scores", scores)
    arguments = ("score-file", "-", *outputs, "--calm-hop", 1, "--checkpoint", tiny_checkpoint)
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)], cwd=tmp_path, text=True, stdin=PIPE, stderr=PIPE
    )
    assert process.stdin is not None
    for at in count():
        process.stdin.write(json.dumps({"series": "a", "ts": START + at * STEP, "value": at % 7}) + "\n")
        if size_of(scores) > 0:
            break
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "points of 1 series" in told
    assert "interrupted before the end of standard input: the rest of it was not scored" in told
    with scores.open(newline="") as file:
        statuses = Counter(row["status"] for row in csv.DictReader(file))
    assert statuses.keys() == {"warming_up", "scored"}


def size_of(path: Path) -> int:
    """0 of a file that is not there, or no more: outputs are tried before the first is opened."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def test_a_csv_gives_alerts_a_row_for_every_point_and_a_picture(
    tmp_path: Path, tiny_checkpoint: Path
) -> None:
    samples = [json.loads(line) for line in LINES if b'"a"' in line]
    rows = [f"{sample['ts']},{sample['value']},0" for sample in samples]
    rows.insert(50, f"{START + 50 * STEP},not a number,0")
    (tmp_path / "cpu.csv").write_text("\n".join(["ts,value,label", *rows]))

    outputs = ("--out", "out.jsonl", "--scores", "scores.csv", "--plot", "plot.png")
    arguments = ("score-file", "cpu.csv", *outputs, "--checkpoint", tiny_checkpoint)
    done = spear_stream(*arguments, folder=tmp_path, forked=False)
    assert done.returncode == 0, done
    assert f"{POINTS} points of 1 series, {POINTS - FIRST + 1} windows scored" in done.stderr
    assert "1 record not used: 1 value_not_number; the first: line 52, column value: " in done.stderr
    assert (tmp_path / "plot.png").read_bytes().startswith(PNG)
    opened = [event for event in alerts(tmp_path / "out.jsonl") if event["type"] == "spear.anomaly.opened"]
    assert any(event["series"] == "cpu" and abs(event["observed"]) > SPIKE / 2 for event in opened)

    with (tmp_path / "scores.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    statuses = ["warming_up"] * (FIRST - 1) + ["scored"] * (POINTS - FIRST + 1)
    assert [row["status"] for row in table] == [*statuses[:50], "value_not_number", *statuses[50:]]
    values = [row["value"] for row in table if row["status"] in {"scored", "warming_up"}]
    assert [float(value) for value in values] == [sample["value"] for sample in samples]
    best = max(table, key=lambda row: float(row["score"]))
    assert float(best["value"]) > SPIKE / 2
    assert all(0 <= float(row[name]) <= 1 for row in table for name in ("score", "probability"))


@pytest.mark.parametrize(
    ("header", "row", "names", "series"),
    [
        ("web1 CPU;web2 CPU", "{value};{value}", ("--value", "*", "--every", STEP), "export.web1 CPU"),
        (
            "When;Host;CPU",
            "{ts};web1;{value}",
            ("--time", "when", "--series", "host", "--value", "CPU"),
            "web1",
        ),
    ],
)
def test_a_table_of_another_tool_is_read_by_the_names_of_its_columns(
    header: str, row: str, names: tuple[object, ...], series: str, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    rows = [row.format(**json.loads(line)) for line in LINES if b'"a"' in line]
    (tmp_path / "export.csv").write_text("\n".join([header, *rows]))
    arguments = ("score-file", "export.csv", *names, "--scores", "scores.csv", "--hop", 8)
    done = spear_stream(*arguments, "--checkpoint", tiny_checkpoint, folder=tmp_path)
    assert done.returncode == 0, done
    with (tmp_path / "scores.csv").open(newline="") as file:
        table = [one for one in csv.DictReader(file) if one["series"] == series]
    assert len(table) == POINTS
    times = [datetime.fromisoformat(one["ts"]).timestamp() for one in table]
    assert times == [times[0] + STEP * at for at in range(POINTS)]
    assert max(float(one["value"]) for one in table) > SPIKE / 2


def test_json_lines_come_from_standard_input_and_alerts_go_to_standard_output(
    tmp_path: Path, tiny_checkpoint: Path
) -> None:
    arguments = ("--out", "-", "--dead-letters", "dead.jsonl", "--checkpoint", tiny_checkpoint)
    given = b"\n".join([*LINES[:100], b"\xff junk", *LINES[100:]])
    done = spear_stream("score-file", "-", *arguments, folder=tmp_path, given=given, forked=False)
    assert done.returncode == 0, done
    (tmp_path / "out.jsonl").write_text(done.stdout)
    spikes = [event for event in alerts(tmp_path / "out.jsonl") if event["observed"] > SPIKE / 2]
    assert sorted(event["series"] for event in spikes) == ["a", "b"]
    [letter] = [json.loads(line) for line in (tmp_path / "dead.jsonl").read_text().splitlines()]
    assert (letter["reason"], letter["offset"], letter["topic"]) == ("not_utf8", 100, "stdin")

    (tmp_path / "in.jsonl").write_bytes(given)
    again = spear_stream("score-file", "in.jsonl", "--checkpoint", tiny_checkpoint, folder=tmp_path)
    assert again.returncode == 0, again
    assert len(alerts(tmp_path / "alerts.jsonl")) == len(alerts(tmp_path / "out.jsonl"))


def test_hop_scores_every_so_many_points(tmp_path: Path, tiny_checkpoint: Path) -> None:
    arguments = ("--hop", 8, "--calm-hop", 1, "--scores", "scores.csv", "--checkpoint", tiny_checkpoint)
    done = spear_stream("score-file", "-", *arguments, folder=tmp_path, given=b"\n".join(LINES))
    assert done.returncode == 0, done
    with (tmp_path / "scores.csv").open(newline="") as file:
        statuses = [row["status"] for row in csv.DictReader(file) if row["series"] == "a"]
    due = [at for at in range(POINTS) if at + 1 >= FIRST and (at + 1) % 8 == 0]
    assert [at for at, status in enumerate(statuses) if status == "scored"] == due
    assert statuses.count("held") == POINTS - FIRST + 1 - len(due)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("missing.csv",), 3, "cannot read missing.csv: No such file or directory"),
        (("empty.csv",), 3, "empty.csv has no rows; needed: CSV with a header, or JSON lines"),
        (("garbage.bin",), 3, "garbage.bin is no text in UTF-8"),
        (("text.txt",), 3, "text.txt has no column 'ts' or 'timestamp', only: 'hello'; say which one it is"),
        (
            ("in.jsonl", "--value", "cpu"),
            3,
            "in.jsonl holds JSON lines; --time, --time-format, --every, --value, --series and --decimal",
        ),
        (("in.jsonl", "--every", "0"), 2, "every: needed are seconds"),
        (("in.jsonl", "--out", "none/out.jsonl"), 2, "give a writable path"),
        (("in.jsonl", "--scores", "none/scores.csv"), 2, "give a writable path for the scores"),
        (("in.jsonl", "--plot", "none/plot.png"), 2, "give a writable path for the picture"),
        (("in.jsonl", "--out", "in.jsonl"), 2, "--out in.jsonl is the same file as the input"),
        (("in.jsonl", "--out", "a", "--scores", "./a"), 2, "--scores a is the same file as --out"),
        (("in.jsonl", "--scores", "-"), 2, "--scores cannot go to standard output"),
        (("in.jsonl", "--plot", "plot.gif"), 2, "pictures are PNG"),
        (("in.jsonl", "--checkpoint", "."), 2, "as SPEAR_MODEL__CHECKPOINT, --checkpoint or"),
    ],
)
def test_what_cannot_work_is_one_plain_line(
    arguments: tuple[str, ...], code: int, message: str, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "garbage.bin").write_bytes(bytes(range(256)))
    (tmp_path / "text.txt").write_text("hello\nworld\n")
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(LINES))
    (tmp_path / "alerts.jsonl").write_text("of an earlier run")
    checkpoint = ("-s", f"model.checkpoint={tiny_checkpoint}") if "--checkpoint" not in arguments else ()
    done = spear_stream("score-file", *arguments, *checkpoint, folder=tmp_path)
    assert (done.returncode, done.stdout) == (code, ""), done
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "in.jsonl").read_bytes() == b"\n".join(LINES)
    assert (tmp_path / "alerts.jsonl").read_text() == "of an earlier run"


def test_a_file_of_which_nothing_can_be_used_is_no_success(tmp_path: Path, tiny_checkpoint: Path) -> None:
    (tmp_path / "us.csv").write_text("ts,value\n" + "10/09/2025 08:53,1\n" * 40)
    done = spear_stream("score-file", "us.csv", "--checkpoint", tiny_checkpoint, folder=tmp_path)
    assert done.returncode == 3, done
    assert "40 records not used: 40 ts_invalid; the first: line 2, column ts: " in done.stderr
    assert "'10/09/2025 08:53'" in done.stderr
    assert "--dead-letters FILE" in done.stderr
    assert done.stderr.endswith(
        "nothing in us.csv was scored: 40 of 40 records could not be used, see above\n"
    )


def test_a_file_that_is_not_sorted_says_so(tmp_path: Path, tiny_checkpoint: Path) -> None:
    rows = [f"{START - at * STEP},{at}" for at in range(40)]
    (tmp_path / "newest-first.csv").write_text("\n".join(["ts,value", *rows]))
    done = spear_stream("score-file", "newest-first.csv", "--checkpoint", tiny_checkpoint, folder=tmp_path)
    assert done.returncode == 3, done
    assert "sort the file by time, oldest first" in done.stderr
    assert "the first score comes after 32 points" in done.stderr
    assert "newest-first.csv was scored: 38 of 40 records could not be used, see above" in done.stderr


def test_a_table_of_another_tool_is_read_as_its_flags_say(tmp_path: Path, tiny_checkpoint: Path) -> None:
    """A date and a time in two columns, with a zone, and no header."""
    rows = [f"{1 + at // 24}.2.2026;{at % 24}:00 +0100;{at % 7},5" for at in range(60)]
    rows[9] = "1.2.2026;09:00;2,5"
    (tmp_path / "export.csv").write_text("# written by a tool\n" + "\n".join(rows))
    flags = ("--no-header", "--time", "1,2", "--time-format", "%d.%m.%Y %H:%M %z", "--decimal", ",")
    outputs = ("--value", "3", "--checkpoint", tiny_checkpoint, "--scores", "s.csv")
    done = spear_stream("score-file", "export.csv", *flags, *outputs, folder=tmp_path)
    assert done.returncode == 0, done
    assert "1 ts_invalid; the first: line 11, column 1,2: time is the text '1.2.2026 09:00'" in done.stderr
    scores = list(csv.DictReader((tmp_path / "s.csv").open()))
    assert (scores[0]["ts"], scores[0]["value"]) == ("2026-01-31T23:00:00.000Z", "0.5")
    assert len(scores) == 60
