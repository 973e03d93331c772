"""compare, promote and report as their users run them, on generated labelled series."""

import json
import re
from pathlib import Path

import pytest
from e2e.tiny import save_tiny
from e2e.training import require_mistake, run, write_series

from spear_stream.model.checkpoint import load_manifest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint in `good` and labelled series in `data`."""
    folder = tmp_path_factory.mktemp("judging")
    save_tiny(folder / "good", "good")
    write_series(folder / "data", count=8, points=400, seed=11)
    return folder


def test_compare_says_which_is_better_and_by_how_much(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = f"csv:{folder / 'data'}", folder / "compare.json"
    assert run("compare", "baseline:random", folder / "good", "--data", data, "--json", out) == 0
    printed = capsys.readouterr().out
    result = json.loads(out.read_text())
    found = result["comparisons"][0]["figures"]
    assert result["first"] == "random"
    assert result["second"] == load_manifest(folder / "good").id
    assert found["auc_roc"]["second_is"] == "better"
    assert found["auc_roc"]["low"] > 0
    assert f"B: {result['second']}" in printed
    assert "[95 % interval]" in printed


def test_promote_lets_the_better_one_through_with_its_evidence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = f"csv:{folder / 'data'}"
    arguments = ("--champion", "baseline:random", "--data", data, "--goal", "auc_roc", "--guarded", "auc_pr")
    assert run("promote", folder / "good", *arguments, "--dtype", "bfloat16", "--to", tmp_path / "live") == 0
    assert "promoted:" in capsys.readouterr().out
    evidence = json.loads((tmp_path / "live" / "current" / "promotion.json").read_text())
    assert evidence["settings"]["dtype"] == "bfloat16"
    assert (evidence["promoted"], evidence["champion"]) == (True, "random")
    assert evidence["comparisons"][0]["figures"]["auc_roc"]["second_is"] == "better"
    assert run("promote", folder / "good", "--data", data, "--to", tmp_path / "live") == 6
    assert "is the champion already" in capsys.readouterr().err
    (tmp_path / "live" / "current").unlink()
    (tmp_path / "live" / "current").mkdir()
    assert run("promote", folder / "good", "--data", "csv:nowhere", "--to", tmp_path / "live") == 2
    assert "current is no link" in capsys.readouterr().err


def test_promote_refuses_what_is_no_better_and_changes_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = save_tiny(tmp_path / "twin", "twin")
    manifest = json.loads((twin / "manifest.json").read_text())
    data, record = f"csv:{folder / 'data'}", tmp_path / "why.json"
    arguments = ("--champion", folder / "good", "--data", data, "--to", tmp_path / "live", "--json", record)
    assert run("promote", twin, *arguments) == 6
    errors = capsys.readouterr().err
    assert "not promoted: vus_pr on csv:" in errors
    assert "not better by more than the noise" in errors
    assert not (tmp_path / "live").exists()
    assert manifest["name"] in json.loads(record.read_text())["challenger"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("compare {0}/good baseline:magic --data csv:{0}/data", 2, "no baseline 'magic'; there are random"),
        ("compare {0}/good {0}/good --data csv:{0}/nowhere", 3, "{0}/nowhere does not exist"),
        ("compare {0}/good {0}/good --data csv:{0}/data --json {0}/no/x.json", 2, "{0}/no does not exist"),
        (
            "evaluate -c {0}/good --data csv:{0}/data --json {0}/no/x.json",
            2,
            "--json {0}/no/x.json: the folder",
        ),
        ("promote {0} --data csv:{0}/data --to {0}/live", 2, "no checkpoint in {0}"),
        ("promote {0}/good --data csv:{0}/data --goal wit --to {0}/live", 2, "no figure 'wit'"),
    ],
)
def test_a_mistake_gives_one_plain_line_and_its_exit_code(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: str, code: int, message: str
) -> None:
    require_mistake(capsys, folder, arguments, code, message)


def test_a_report_is_one_page_with_curves_tables_and_pictures(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = f"csv:{folder / 'data'}", tmp_path / "report.html"
    arguments = ("--checkpoint", folder / "good", "--beside", "baseline:random", "--pictures", 1)
    assert run("report", "--data", data, "--out", out, *arguments) == 0
    assert f"{out} written" in capsys.readouterr().out
    page = out.read_text()
    assert page.count("data:image/svg+xml;base64,") == 3
    assert 1 <= page.count("data:image/png;base64,") <= 3
    assert page.count("<td>series") == 8
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", page)
    for said in ("<th>random</th>", "<td>vus_pr</td>", "Hits: ", "Misses: ", "False alarms: "):
        assert said in page


def test_help_gives_examples(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("compare", "promote", "report"):
        assert run(command, "--help") == 0
        assert f"$ spear-trainer {command}" in capsys.readouterr().out
