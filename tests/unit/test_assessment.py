"""What evaluate prints and writes, with plain detectors on a few points."""

import errno
import io
import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from e2e.tiny import save_tiny
from rich.console import Console

from spear_stream.core.errors import CheckpointError, InputError
from spear_stream.core.spec import CALM_HOP, WindowSpec
from trainer.assessment import EvaluationRequest, assess, contestants
from trainer.comparison import CompareRequest, compare
from trainer.conditions import Conditions
from trainer.judging import alike, baseline, contestant

SILENT = Console(quiet=True)


class FullDisk(io.StringIO):
    """Where a table cannot be printed."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "full")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A labelled series in a folder whose name is markup."""
    monkeypatch.chdir(tmp_path)
    folder = Path("size[/var,pused]")
    folder.mkdir(parents=True)
    values = np.random.default_rng(0).normal(size=300)
    rows = (f"{60 * i},{value!r},{int(250 <= i < 260)}\n" for i, value in enumerate(values.tolist()))
    (folder / "a.csv").write_text("ts,value,label\n" + "".join(rows))
    return f"csv:{folder}"


def test_a_path_that_is_markup_is_printed_as_it_is(data: str) -> None:
    out = Console(file=io.StringIO())
    assess(EvaluationRequest(data, "baseline:random"), out, SILENT)
    compare(CompareRequest("baseline:random", "baseline:squared_difference", [data]), out, SILENT)
    assert out.file.getvalue().count(f"{data}: 1 series, 300 points") == 2  # type: ignore[attr-defined]


def test_what_the_figures_do_not_say_is_said(data: str) -> None:
    path = Path(data.removeprefix("csv:"), "a.csv")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:100], lines[99], lines[99], *lines[100:]]))
    out = Console(file=io.StringIO(), width=200)
    assess(EvaluationRequest(data, "baseline:random"), out, SILENT)
    told = out.file.getvalue()  # type: ignore[attr-defined]
    assert "Points that the daemon would refuse: 2 duplicate; here they have the score" in told
    assert "Intervals over fewer than 5 series (a group counts once) say nothing of other series." in told
    assert "anomal" not in told.partition("Points that the daemon")[2]


@pytest.mark.parametrize(("hop", "told"), [(1, False), (4, True)])
def test_what_was_read_as_labels_is_said_and_what_a_hop_passes_over(hop: int, told: bool, data: str) -> None:
    path = Path(data.removeprefix("csv:"), "a.csv")
    lines = path.read_text().splitlines(keepends=True)
    labels = [number in {120, 200, 201, 202, 203} for number in range(len(lines) - 1)]
    rows = [
        f"{line.rpartition(',')[0]},{int(label)}\n" for line, label in zip(lines[1:], labels, strict=True)
    ]
    path.write_text("".join([lines[0], *rows]))
    out = Console(file=io.StringIO(), width=200)
    assess(EvaluationRequest(data, "baseline:random", conditions=Conditions(hop)), out, SILENT)
    found = out.file.getvalue()  # type: ignore[attr-defined]
    assert "Labelled: 2 anomalies, 5 points, in 1 of 1 series." in found
    assert ("1 anomalies are shorter than the hop of 4: an alert up to 3 points behind" in found) == told


def test_labels_without_an_anomaly_are_told_and_what_is_not_known_is_no_nan(data: str) -> None:
    path = Path(data.removeprefix("csv:"), "a.csv")
    path.write_text(path.read_text().replace(",1\n", ",0\n"))
    out = Console(file=io.StringIO(), width=200)
    assess(EvaluationRequest(data, "baseline:random"), out, SILENT)
    compare(CompareRequest("baseline:random", "baseline:squared_difference", [data]), out, SILENT)
    told = out.file.getvalue()  # type: ignore[attr-defined]
    assert "No anomaly is labelled: every alert counts as a false one" in told
    assert "undefined" in told
    assert "nan" not in told


def test_anomalies_of_which_none_is_scored_are_told(data: str) -> None:
    path = Path(data.removeprefix("csv:"), "a.csv")
    header, *rows = path.read_text().replace(",1\n", ",0\n").splitlines()
    rows[10:45] = [row.removesuffix("0") + "1" for row in rows[10:45]]
    path.write_text("\n".join([header, *rows]))
    out = Console(file=io.StringIO(), width=200)
    assess(EvaluationRequest(data, "baseline:random"), out, SILENT)
    told = out.file.getvalue()  # type: ignore[attr-defined]
    assert "1 of 1 labelled anomalies lie in the first 15 % of their series (at most 750 points)" in told
    assert "which are not scored: most figures are undefined." in told
    assert "No anomaly is labelled" not in told


def test_what_labels_say_too_much_or_too_early_is_told(data: str) -> None:
    path = Path(data.removeprefix("csv:"), "a.csv")
    header, *rows = (line.rpartition(",")[0] for line in path.read_text().splitlines())
    labels = [int(10 <= at < 12 or at >= 100) for at in range(len(rows))]
    path.write_text(
        "\n".join([f"{header},label", *(f"{row},{one}" for row, one in zip(rows, labels, strict=True))])
    )
    out = Console(file=io.StringIO(), width=200)
    assess(EvaluationRequest(data, "baseline:random"), out, SILENT)
    told = out.file.getvalue()  # type: ignore[attr-defined]
    assert "1 of 2 labelled anomalies lie in the first 15 %" in told
    assert "which are not scored.\n" in told
    assert "67% of the points are labelled as anomalies: is it the other way round?" in told


def test_figures_are_written_before_a_table_that_cannot_be_printed(data: str, tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    with pytest.raises(OSError, match="full"):
        assess(EvaluationRequest(data, "baseline:random", one), Console(file=FullDisk()), SILENT)
    request = CompareRequest("baseline:random", "baseline:random", [data], two, Conditions(dtype="bfloat16"))
    with pytest.raises(OSError, match="full"):
        compare(request, Console(file=FullDisk()), SILENT)
    assert json.loads(one.read_text())["checkpoint"] == "random"
    compared = json.loads(two.read_text())
    assert compared["comparisons"][0]["data"] == data
    assert compared["settings"]["dtype"] == "bfloat16"


def test_data_that_no_window_can_be_cut_from_is_refused(data: str) -> None:
    path = Path(data.removeprefix("csv:"), "a.csv")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:32]))
    with pytest.raises(InputError, match="comes after 32 points, the longest has 31"):
        assess(EvaluationRequest(data, "baseline:random"), SILENT, SILENT)


def test_one_series_that_is_long_enough_is_enough(data: str) -> None:
    path = Path(data.removeprefix("csv:"), "a.csv")
    path.with_name("b.csv").write_text("".join(path.read_text().splitlines(keepends=True)[:32]))
    assess(EvaluationRequest(data, "baseline:random"), SILENT, SILENT)


def test_a_detector_that_is_named_twice_is_judged_once() -> None:
    first, twin = baseline("sub_pca"), baseline("sub_pca")
    everyone = contestants([first, twin], with_baselines=True)
    assert everyone[0] is first
    names = [one.name for one in everyone]
    assert len(names) == len(set(names)) > 1


def test_a_baseline_is_scored_from_where_the_checkpoint_beside_it_is() -> None:
    spec = WindowSpec(length=64, min_points=16)
    checkpoint = replace(contestant("default"), spec=spec)
    for everyone in ([checkpoint, baseline("random")], [baseline("random"), checkpoint]):
        assert [who.spec for who in alike(everyone)] == [spec, spec]


def test_a_file_of_figures_is_no_detector(tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"figures\.json is no folder, so it holds no checkpoint"):
        contestant(str(tmp_path / "figures.json"))


def test_while_nothing_is_new_a_checkpoint_is_scored_less_often_and_a_simple_detector_is_not(
    data: str, tmp_path: Path
) -> None:
    told, tiny = {}, str(save_tiny(tmp_path / "tiny", "tiny"))
    for who, calm_hop in product((tiny, "baseline:random"), (1, 16)):
        json_path, conditions = tmp_path / "told.json", Conditions(calm_hop=calm_hop)
        assess(EvaluationRequest(data, who, json_path, conditions), SILENT, SILENT)
        (found,) = json.loads(json_path.read_text())["detectors"].values()
        told[who, calm_hop] = found["windows"]
    assert told[tiny, 16] < told[tiny, 1]
    assert told["baseline:random", 16] == told["baseline:random", 1] == told[tiny, 1]


def test_the_hops_are_said_as_they_work() -> None:
    assert Conditions().hops == f"hop 1, while calm {CALM_HOP}"
    assert Conditions(hop=5, calm_hop=8).hops == "hop 5, while calm 10"
    assert Conditions(hop=4, calm_hop=4).hops == Conditions(hop=4, calm_hop=1).hops == "hop 4"
