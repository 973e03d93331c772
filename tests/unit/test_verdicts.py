"""spear-trainer verdicts, on files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from e2e.training import run

from spear_stream.model.checkpoint import load_manifest
from spear_stream.model.packaged import DEFAULT_CHECKPOINT

START = 1_770_000_000_000
HOUR = 3_600_000


def event(number: int, sequence: int, **others: Any) -> dict[str, Any]:
    """Of an alert an hour; the ten false ones in a hundred peak low."""
    when = f"2026-02-{1 + number // 24:02}T{number % 24:02}:00:00.000Z"
    return {
        "alert_id": f"a{number}",
        "sequence": sequence,
        "series": f"host{number % 7}.cpu",
        "started_at": when,
        "last_seen_at": when,
        "peak_score": 0.8,
        "severity": "critical",
        "kind": "spike",
        "model": {"checkpoint": "one", "backbone": "b"},
        **others,
    }


def verdict(number: int, *, true: bool) -> dict[str, str]:
    return {"alert_id": f"a{number}", "verdict": "true_positive" if true else "false_positive"}


def written(path: Path, records: list[dict[str, Any]], *junk: str) -> Path:
    path.write_text("\n".join([*map(json.dumps, records), *junk, ""]))
    return path


@pytest.fixture
def stale(tmp_path: Path) -> tuple[Path, Path]:
    """Verdicts and alerts: of 100 true ones 80 come first, then half are false, and peak lower."""
    true = [number < 80 or number % 2 == 0 for number in range(120)]
    alerts = [
        event(
            number, 1, **({} if good else {"peak_score": 0.4, "severity": "info", "series": "[b]noisy[/b]"})
        )
        for number, good in enumerate(true)
    ]
    alerts[:0] = [event(0, 0, peak_score=0.31)]
    alerts.append(event(500, 0, kind="no_data"))
    verdicts = [verdict(number, true=good) for number, good in enumerate(true)]
    return written(tmp_path / "v.jsonl", verdicts, "junk"), written(tmp_path / "a.jsonl", alerts)


def test_it_tells_what_the_verdicts_say(
    stale: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feedback, alerts = stale
    out = tmp_path / "figures.json"
    assert run("verdicts", feedback, "--alerts", alerts, "--json", out) == 0
    told, err = capsys.readouterr()
    assert "Verdicts on 120 of 120 alerts: 100 true, 20 false; precision 0.83 (0.76 to 0.89)" in told
    assert re.search(r"critical +│ +100 │ +100 │ 1.00", told)
    assert re.search(r"\[b\]noisy\[/b\] +│ +20 │ +20", told), "names are no markup"
    assert "SPEAR_ALERTS__OPEN_SCORE=0.80 would have spared 20 of 20 false alerts and lost 0 of 100" in told
    assert "the precision fell from 1.00" in told
    assert "retraining is wanted: alerts are true less often than they were" in told
    assert "1 records are no verdict" in err
    found = json.loads(out.read_text())
    assert (found["judged"], found["true"], found["auc_of_peaks"]) == (120, 100, 1.0)
    assert found["best_threshold"] == {"score": 0.8, "false_spared": 20, "true_lost": 0}
    assert found["change"]["after"]["precision"] < found["change"]["before"]["precision"]
    assert len(found["retraining_wanted"]) == 1


@pytest.mark.parametrize(
    ("options", "code"), [([], 0), (["--check"], 7), (["--check", "--least-precision", 0.9], 7)]
)
def test_a_cron_job_hears_that_retraining_is_wanted(
    options: list[Any], code: int, stale: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("verdicts", stale[0], "--alerts", stale[1], *options) == code
    assert ("retraining is wanted" in capsys.readouterr().err) == (code == 7)


@pytest.mark.parametrize(
    ("raised_by", "code", "said"),
    [("default", 7, "fell"), ("old", 0, "Verdicts on 0 of 0 alerts: 0 true, 0 false; precision unknown")],
)
def test_verdicts_on_the_checkpoint_before_say_nothing_of_the_one_in_service(
    raised_by: str, code: int, said: str, stale: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A cron job that has trained anew does not train again for what the old one said."""
    feedback, alerts = stale
    name = load_manifest(DEFAULT_CHECKPOINT).id if raised_by == "default" else raised_by
    alerts.write_text(alerts.read_text().replace('"one"', f'"{name}"'))
    assert run("verdicts", feedback, "--alerts", alerts, "--check", "--checkpoint", "default") == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("least", "code"), [(0.5, 0), (0.95, 7)])
def test_a_precision_that_is_surely_too_low_is_told_whenever_it_was_so(
    least: float, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feedback = written(tmp_path / "v", [verdict(number, true=number % 4 > 0) for number in range(60)])
    alerts = written(tmp_path / "a", [event(number, 0) for number in range(60)])
    assert run("verdicts", feedback, "--alerts", alerts, "--check", "--least-precision", least) == code
    told = capsys.readouterr().out
    assert ("of the newest 50 verdicts" in told) == (code == 7)
    assert "no higher SPEAR_ALERTS__OPEN_SCORE spares false alerts" in told
    assert "the precision" not in told.replace("the precision of", "")


@pytest.mark.parametrize(
    ("feedback", "alerts", "code", "message"),
    [
        ("v", None, 2, "--alerts is missing: the file of the alerts"),
        ("nowhere", "a", 3, "cannot read nowhere: No such file or directory; give a file, or kafka:TOPIC"),
        ("v", "v", 3, "among the alerts is a record that is none"),
        ("others", "a", 3, "no alert of a has a verdict in others"),
    ],
)
def test_what_cannot_be_read_is_named(
    feedback: str,
    alerts: str | None,
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    written(Path("v"), [verdict(1, true=True)])
    written(Path("others"), [verdict(2, true=True)])
    written(Path("a"), [event(1, 0)])
    assert run("verdicts", feedback, *(() if alerts is None else ("--alerts", alerts))) == code
    assert message in capsys.readouterr().err
