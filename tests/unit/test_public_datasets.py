"""The public data sets in the layouts in which they are published, and on the real files where they are."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from spear_stream.core.errors import ConfigError, InputError
from trainer.datasets import load, load_history

DATA = Path(__file__).parents[2].parent / "shared" / "data"
HEADER = (
    "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,valueuom,warning\n"
)


def real(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not (DATA / name).is_dir(), reason=f"{DATA / name} is missing")


def nasa(folder: Path, rows: str) -> str:
    text = "chan_id,spacecraft,anomaly_sequences,class,num_values\r\n" + rows.replace("\n", "\r\n")
    (folder / "labeled_anomalies.csv").write_text(text, newline="")
    for part, points in (("train", 30), ("test", 20)):
        (folder / part).mkdir()
        for channel in ("P-1", "T-10"):
            np.save(folder / part / f"{channel}.npy", np.arange(points * 3.0).reshape(points, 3))
    return str(folder)


def test_nasa_merges_the_rows_of_a_channel_and_leaves_out_what_has_none(tmp_path: Path) -> None:
    rows = 'P-1,SMAP,"[[10, 12], [3, 4]]",[point],20\nP-1,SMAP,"[[12, 30]]",[point],20\n'
    (test,) = load(f"nasa:{nasa(tmp_path, rows)}")
    assert test.name == "SMAP/P-1"
    assert test.value.tolist() == [3.0 * i for i in range(20)]
    assert test.windows == ((3, 4), (10, 19))
    (train,) = load(f"nasa-train:{tmp_path}")
    assert (train.name, len(train), train.windows, train.group) == ("SMAP/P-1/train", 30, (), test.group)


def test_nasa_of_one_spacecraft(tmp_path: Path) -> None:
    place = nasa(tmp_path, 'P-1,SMAP,"[[3, 4]]",[point],20\nT-10,MSL,"[[5, 6]]",[point],20\n')
    assert [one.name for one in load(f"nasa:{place}?craft=MSL")] == ["MSL/T-10"]
    with pytest.raises(InputError, match="craft=GRAIL, only of MSL, SMAP"):
        load(f"nasa:{place}?craft=GRAIL")


def test_nasa_behind_its_train_part_scores_the_same_points(tmp_path: Path) -> None:
    place = nasa(tmp_path, 'P-1,SMAP,"[[10, 12], [3, 4]]",[point],20\n')
    (alone,), (behind,) = load(f"nasa:{place}"), load(f"nasa:{place}?craft=SMAP&history=train")
    (train,) = load(f"nasa-train:{place}")

    before = len(train)
    assert behind.value.tolist() == [*train.value, *alone.value]
    assert behind.windows == tuple((start + before, end + before) for start, end in alone.windows)
    assert behind.value[behind.probation :].tolist() == alone.value[alone.probation :].tolist()
    assert behind.label[behind.probation :].tolist() == alone.label[alone.probation :].tolist()
    assert (np.diff(behind.ts) == np.diff(alone.ts)[0]).all()
    assert behind.own.tolist() == alone.value.tolist()
    with pytest.raises(ConfigError, match="history=test: only history=train"):
        load(f"nasa:{place}?history=test")


def test_what_was_trained_on_is_known_again_behind_its_train_part(tmp_path: Path) -> None:
    place = nasa(tmp_path, 'P-1,SMAP,"[[10, 12]]",[point],20\n')
    (alone,), (behind,) = load(f"nasa:{place}"), load(f"nasa:{place}?history=train")
    (train,) = load(f"nasa-train:{place}")

    assert alone.fingerprints & behind.fingerprints
    assert not behind.fingerprints & train.fingerprints  # no point of it is scored


def test_the_history_of_one_spacecraft_needs_no_file_of_the_other(tmp_path: Path) -> None:
    place = nasa(tmp_path, 'P-1,SMAP,"[[10, 12]]",[point],20\nT-10,MSL,"[[5, 6]]",[point],20\n')
    (tmp_path / "train" / "T-10.npy").unlink()
    assert [one.name for one in load(f"nasa:{place}?craft=SMAP&history=train")] == ["SMAP/P-1"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive"])
def test_a_damaged_channel_is_told(tmp_path: Path, damage: bytes) -> None:
    place = nasa(tmp_path, 'P-1,SMAP,"[[10, 12]]",[point],20\n')
    (tmp_path / "test" / "P-1.npy").write_bytes(damage)
    with pytest.raises(InputError, match="no table of points and columns"):
        load(f"nasa:{place}")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("P-9,SMAP,[],[point],20\n", "P-9.npy is missing"),
        ("P-1,SMAP,[[1,[point],20\n", "labeled_anomalies.csv cannot be read"),
    ],
)
def test_nasa_names_what_is_wrong(tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        load(f"nasa:{nasa(tmp_path, rows)}")


def test_skab_makes_a_series_of_every_sensor(tmp_path: Path) -> None:
    (tmp_path / "data" / "valve1").mkdir(parents=True)
    rows = "2020-03-09 10:14:33;1.5;30;0.0;0.0\n2020-03-09 10:14:35;2.5;31;1.0;1.0\n"
    (tmp_path / "data" / "valve1" / "0.csv").write_text(
        "datetime;Pressure;Volume Flow;anomaly;changepoint\n" + rows
    )
    pressure, flow = load(f"skab:{tmp_path}")
    assert (pressure.name, flow.name) == ("valve1/0.csv:Pressure", "valve1/0.csv:Volume Flow")
    assert (pressure.value.tolist(), flow.value.tolist()) == ([1.5, 2.5], [30.0, 31.0])
    assert np.diff(flow.ts).tolist() == [2000]
    assert pressure.windows == flow.windows == ((1, 1),)
    assert pressure.group == flow.group == "valve1/0.csv"


def test_mimic_reads_the_public_schema(tmp_path: Path) -> None:
    (tmp_path / "icu").mkdir()
    rows = (
        "7,20,31,5,2180-07-23 15:00:00,x,220045,80,80,bpm,0\n"
        "7,20,31,5,2180-07-23 14:00:00,x,220045,90,90,bpm,0\n"
        "7,20,32,5,2180-07-24 14:00:00,x,220045,70,70,bpm,0\n"
        "7,20,31,5,2180-07-23 14:00:00,x,220045,refused,,bpm,0\n"
        "7,20,31,5,2180-07-23 14:00:00,x,999,1,1,cm,0\n"
    )
    with gzip.open(tmp_path / "icu" / "chartevents.csv.gz", "wt") as table:
        table.write(HEADER + rows)
    (tmp_path / "icu" / "d_items.csv").write_text("itemid,label\n999,Tube Depth\n")
    first, second = load_history(f"mimic:{tmp_path}")
    assert (first.name, first.group, first.labelled) == ("7/31/heart-rate", "7", False)
    assert first.value.tolist() == [90.0, 80.0]
    assert np.diff(first.ts).tolist() == [3_600_000]
    assert second.name == "7/32/heart-rate"
    (other,) = load_history(f"mimic:{tmp_path}?items=999")
    assert other.name == "7/31/tube-depth"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEADER + "7,20,31,5,noon,x,220045,80,80,bpm,0\n", r"chartevents\.csv, line 2"),
        (HEADER + "7,20,31,5,2180-07-23,x,220045,80,many,bpm,0\n", r"chartevents\.csv, line 2"),
        ("subject_id,charttime\n", r"chartevents\.csv: no column itemid, valuenum"),
        (HEADER, "holds no value of the items"),
    ],
)
def test_mimic_names_the_place_of_a_fault(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "chartevents.csv").write_text(text)
    with pytest.raises(InputError, match=told):
        load_history(f"mimic:{tmp_path}")


def test_mimic_takes_an_item_without_a_label_for_its_number(tmp_path: Path) -> None:
    (tmp_path / "chartevents.csv").write_text(HEADER + "7,20,31,5,2180-07-23 15:00:00,x,999,80,80,bpm,0\n")
    (tmp_path / "d_items.csv").write_text("itemid,label\n999\n")
    (series,) = load_history(f"mimic:{tmp_path}?items=999")
    assert series.name == "7/31/999"


def test_mimic_names_a_damaged_archive(tmp_path: Path) -> None:
    rows = HEADER + "7,20,31,5,2180-07-23 15:00:00,x,220045,80,80,bpm,0\n" * 500
    packed = bytearray(gzip.compress(rows.encode()))
    packed[40:60] = bytes(20)
    (tmp_path / "chartevents.csv.gz").write_bytes(packed)
    with pytest.raises(InputError, match=r"chartevents\.csv\.gz, line \d: Error -3"):
        load_history(f"mimic:{tmp_path}")


def test_mimic_wants_ids(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="items=pulse: expected item ids"):
        load_history(f"mimic:{tmp_path}?items=pulse")


@real("SMAP_MSL")
def test_the_whole_of_smap_and_msl_is_read() -> None:
    corpus = load(f"nasa:{DATA / 'SMAP_MSL'}")
    assert (len(corpus), sum(map(len, corpus))) == (81, 509_555)
    assert sum(len(series.windows) for series in corpus) == 104
    (merged,) = (series for series in corpus if series.name == "SMAP/P-2")
    assert merged.windows == ((5300, 6575),)


@real("SKAB")
def test_the_whole_of_skab_is_read() -> None:
    corpus = load(f"skab:{DATA / 'SKAB'}")
    assert (len(corpus), len({series.group for series in corpus})) == (280, 35)
    assert sum(not series.windows for series in corpus) == 8


@real("MIMIC-IV-demo")
def test_the_whole_of_the_mimic_excerpt_is_read() -> None:
    corpus = load_history(f"mimic:{DATA / 'MIMIC-IV-demo'}")
    assert (len({series.group for series in corpus}), sum(map(len, corpus))) == (100, 86_783)
    assert all((np.diff(series.ts) >= 0).all() for series in corpus)
