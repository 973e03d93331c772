"""Files of automatic labels: the trainer reads them back, and they are there whole or not at all."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from spear_stream.core.errors import ConfigError
from trainer import label_files
from trainer.datasets import load
from trainer.label_files import SUMMARY, LabelRequest, label_history
from trainer.labeling import KINDS, LabelRule, is_anomalous, label_kinds

MIMIC = Path(__file__).parents[2].parent / "shared" / "data" / "MIMIC-IV-demo"
RULE = LabelRule()


@pytest.fixture
def history(tmp_path: Path) -> str:
    """Two short series whose names are markup and mathematics."""
    (tmp_path / "history").mkdir()
    rows = "".join(f"{i * 60},{i % 7},size[/var]\n{i * 60},{i % 5},$x_$\n" for i in range(99))
    (tmp_path / "history" / "x.csv").write_text("ts,value,series\n" + rows)
    return f"csv:{tmp_path / 'history'}"


def request(data: str, out: Path, **options: object) -> LabelRequest:
    return LabelRequest(data, out, RULE, **options)  # type: ignore[arg-type]


def run(asked: LabelRequest) -> str:
    out = Console(file=io.StringIO(), width=200)
    label_history(asked, out, Console(file=io.StringIO()))
    return out.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_files_can_be_loaded_as_labelled_data(tmp_path: Path) -> None:
    rng, data = np.random.default_rng(3), tmp_path / "history"
    data.mkdir()
    values = np.concatenate([rng.normal(size=60), 30 + rng.normal(size=60)])
    # Long before 1973, where milliseconds look like seconds.
    rows = "".join(f"{i * 60},{value!r},a/b: c\n" for i, value in enumerate(values.tolist()))
    (data / "x.csv").write_text("ts,value,series\n" + rows + "0,1,a_b_ c\n")
    table = run(request(f"csv:{data}", tmp_path / "out", plot=tmp_path / "labels.png"))
    long, short = sorted(load(f"csv:{tmp_path / 'out'}"), key=len, reverse=True)
    np.testing.assert_array_equal(long.value, values)
    np.testing.assert_array_equal(long.ts, 60_000 * np.arange(120))
    np.testing.assert_array_equal(long.label, is_anomalous(label_kinds(values, RULE), RULE))
    assert long.label[60:90].mean() > 0.9
    assert long.group == short.group == "x.csv"
    summary = json.loads((tmp_path / "out" / SUMMARY).read_text())
    assert summary["rule"]["window"] == 32
    assert summary["series"][0]["anomalous"] == long.label.sum()
    assert f"{long.label.sum()}" in table
    assert (tmp_path / "labels.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ConfigError, match="holds CSV files already"):
        run(request(f"csv:{data}", tmp_path / "out"))


def test_what_is_written_can_be_read_whatever_the_clock_and_the_name(tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    names = ["x" * 400, "x" * 400 + "y", "\u6e29\u5ea6" * 100]
    times = [*range(0, 3000, 60), 0, 60, *range(3000, 6000, 60)]  # the clock goes back in the middle
    rows = [f"{i * 60},{i % 7},{name}\n" for name in names for i in range(60)]
    (tmp_path / "history" / "x.csv").write_text("ts,value,series\n" + "".join(rows))
    (tmp_path / "nab" / "labels").mkdir(parents=True)
    (tmp_path / "nab" / "data" / "real").mkdir(parents=True)
    (tmp_path / "nab" / "labels" / "combined_windows.json").write_text('{"real/a.csv": []}')
    stamps = np.array(times, "datetime64[s]").astype(str)
    text = "".join(f"{stamp.replace('T', ' ')},{row % 5}\n" for row, stamp in enumerate(stamps.tolist()))
    (tmp_path / "nab" / "data" / "real" / "a.csv").write_text("timestamp,value\n" + text)

    run(request(f"csv:{tmp_path / 'history'}", tmp_path / "long"))
    run(request(f"nab:{tmp_path / 'nab'}", tmp_path / "back"))

    assert [len(series) for series in load(f"csv:{tmp_path / 'long'}")] == [60, 60, 60]
    told = json.loads((tmp_path / "long" / SUMMARY).read_text())["series"]
    assert {one["series"] for one in told} == {f"x.csv:{name}" for name in names}
    (back,) = load(f"csv:{tmp_path / 'back'}")
    assert len(back) == len(times) - 2


def test_a_run_that_ends_halfway_leaves_no_labels(
    history: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def write(path: Path, content: object) -> None:
        assert len(list(path.parent.rglob("*.csv"))) == 2
        raise Killed

    monkeypatch.setattr(label_files, "write_json", write)
    with pytest.raises(Killed):
        run(request(history, tmp_path / "out"))
    assert [path.name for path in tmp_path.iterdir()] == ["history"]
    monkeypatch.undo()
    run(request(history, tmp_path / "out"))
    assert len(load(f"csv:{tmp_path / 'out'}")) == 2


@pytest.mark.parametrize(
    ("plot", "told"),
    [
        ("gone/labels.png", "the folder .*gone does not exist"),
        ("labels.xyz", r"labels\.xyz: its ending is no format of pictures; .*png"),
        ("history", "is a folder"),
    ],
)
def test_a_picture_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, plot: str, told: str
) -> None:
    (tmp_path / "history").mkdir()
    with pytest.raises(ConfigError, match=told):
        run(request("csv:nowhere", tmp_path / "out", plot=tmp_path / plot))


def test_matplotlib_is_missed_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigError, match="needs matplotlib"):
        run(request("csv:nowhere", tmp_path / "out", plot=tmp_path / "labels.png"))


def test_the_picture_may_lie_among_the_labels(history: str, tmp_path: Path) -> None:
    run(request(history, tmp_path / "out", plot=tmp_path / "out" / "labels.svg"))
    assert "size[/var]" in (tmp_path / "out" / "labels.svg").read_text()
    assert (tmp_path / "out" / SUMMARY).exists()


def test_a_folder_without_csv_files_keeps_what_it_holds(history: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").touch()
    run(request(history, tmp_path / "out"))
    assert (tmp_path / "out" / "notes.txt").exists()
    assert len(load(f"csv:{tmp_path / 'out'}")) == 2


def test_a_path_that_is_markup_is_printed_as_it_is(
    history: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("size[").mkdir()
    Path("history").rename("size[/var]")
    assert "csv:size[/var]: 2 series" in run(request("csv:size[/var]", tmp_path / "out"))


@pytest.mark.skipif(not MIMIC.is_dir(), reason=f"{MIMIC} is missing")
def test_real_vital_signs_are_labelled_by_every_test(tmp_path: Path) -> None:
    run(request(f"mimic:{MIMIC}?items=220045", tmp_path / "out"))
    corpus = load(f"csv:{tmp_path / 'out'}")
    assert len({series.group for series in corpus}) == 100
    series = json.loads((tmp_path / "out" / SUMMARY).read_text())["series"]
    assert all(sum(one["by_kind"][kind] for one in series) > 50 for kind in KINDS)
