"""State of every version is read, damaged and unknown state is refused with the cure."""

import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import state_fixture
from streams import METRICS, SETTINGS, SPEC, START, make_detector, quiet, rows

from spear_stream.core import envelope
from spear_stream.core.detector import Detector
from spear_stream.core.detector_settings import BURSTS_SINCE, RULES
from spear_stream.core.envelope import VERSION, Document, pack, unpack
from spear_stream.core.errors import StateError
from spear_stream.core.ledger import Restored, restore
from spear_stream.core.migrations import m002_newest_score, m006_departure, m007_block, m008_rules
from spear_stream.core.snapshot import decode_snapshot
from spear_stream.core.stored import StoredState

DOCUMENT = Document("snapshot", {"a": 1}, {"x": np.arange(5), "y": np.ones((2, 3), np.float32)})
DATA = pack(DOCUMENT)


def restored(stored: StoredState) -> tuple[Detector, Restored]:
    detector = make_detector()
    return detector, restore(stored, detector, make_detector)


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_a_stored_state_of_this_version_is_read(version: int) -> None:
    detector, found = restored(state_fixture.read(version))
    assert found == Restored(offset=len(state_fixture.SAMPLES), series=2)
    assert detector.roster.state().names == ["cpu", "höst"]
    assert detector.windows.table["points"][:2].tolist() == [state_fixture.POINTS] * 2
    assert detector.alerts.table["is_open"][:2].tolist() == [True, False], "opened by the journal"


def test_alerts_of_version_2_start_with_the_most_that_their_newest_score_can_be() -> None:
    columns = {
        "likelihood.last": np.array([0.7, 0.2, 0.9], np.float32),
        "alerts.is_open": np.array([True, True, False]),
        "alerts.peak": np.array([0.5, 0.5, 0.5]),
    }
    _, found = m002_newest_score("snapshot", {}, columns)
    assert found["alerts.score"].tolist() == pytest.approx([0.5, 0.2, 0.9])
    assert found["alerts.score"].dtype == np.float64


def test_alerts_of_version_6_are_held_by_nothing_and_end_by_the_long_mean() -> None:
    columns = {
        "windows.long_mean": np.array([50.0, -0.0]),
        "quantizer.scale": np.array([[0.8, 9.0], [0.0, 9.0]]),
    }
    _, found = m006_departure("snapshot", {}, columns)
    assert found["alerts.usual"].tolist() == [50.0, 0.0]
    assert found["alerts.unit"][0] == 0.8
    assert (found["alerts.unit"] > 0).all()
    assert np.isinf(found["alerts.farthest"]).all()


def test_state_of_version_7_knew_means_of_eight_or_none() -> None:
    for coarse, block in ((True, 8), (False, 0)):
        header, columns = m007_block("snapshot", {"settings": {"hop": 4, "coarse": coarse}}, {})
        assert (header["settings"], columns) == ({"hop": 4, "block": block}, {})
    assert m007_block("journal", {"steps": []}, {}) == ({"steps": []}, {})


def test_a_journal_of_version_7_is_replayed_with_means_of_eight() -> None:
    """Its logits are of points and means in turn: with other blocks they would go to the wrong ones."""
    stored = state_fixture.read(7, "-long")
    found, expected = restored(stored)[0].state(), state_fixture.detector_at_the_end(block=8).state()
    for name in ("quantizer", "windows", "likelihood", "evidence", "alerts"):
        for column, values in expected.tables[name].items():
            np.testing.assert_array_equal(found.tables[name][column], values, err_msg=f"{name}.{column}")
    assert found.tables["alerts"]["is_open"].tolist() == [True, False]


def test_what_was_written_without_bursts_is_replayed_without_and_begins_anew() -> None:
    """A journal of version 8 gave its alerts without: with them others would be open than were published."""
    header, columns = m008_rules("snapshot", {"settings": {"hop": 4}}, {})
    assert (header["settings"], columns) == ({"hop": 4, "rules": 1}, {})
    assert m008_rules("journal", {"steps": []}, {}) == ({"steps": []}, {})
    stored, without = state_fixture.bursting(bursts=False)
    other, with_bursts = state_fixture.bursting(bursts=True)
    [plain], [discounted] = (d.alerts.table.state()["score"] for d in (without, with_bursts))
    assert plain > discounted + 0.1, "or nothing is tested"
    for state, expected in ((stored, without), (other, with_bursts)):
        found = restored(state)[0]
        for column, values in expected.alerts.table.state().items():
            np.testing.assert_array_equal(found.alerts.table.state()[column], values, err_msg=column)
        remembered = found.tables["bursts"]["heights"][:1]
        assert remembered.any() == (expected.settings.rules >= BURSTS_SINCE)


def test_rules_that_come_after_these_go_on_with_the_bursts_of_these() -> None:
    stored, written = state_fixture.bursting(bursts=True)
    later = make_detector(replace(SETTINGS, rules=RULES + 1))
    restore(stored, later, make_detector)
    np.testing.assert_array_equal(
        later.tables["bursts"]["heights"][:1], written.tables["bursts"]["heights"][:1]
    )


def test_what_is_packed_comes_back() -> None:
    found = unpack(DATA, "snapshot")
    assert found.header == DOCUMENT.header
    assert found.columns["x"].tolist() == [0, 1, 2, 3, 4]
    assert found.columns["y"].shape == (2, 3)
    assert found.columns["y"].dtype == np.float32


@pytest.mark.parametrize("at", range(len(DATA)))
def test_no_damaged_byte_goes_unnoticed(at: int) -> None:
    damaged = bytearray(DATA)
    damaged[at] ^= 0x41
    with pytest.raises(StateError):
        unpack(bytes(damaged), "snapshot")


@pytest.mark.parametrize("data", [b"", b"SPEAR", DATA[:-1], DATA[:20], b"{}" * 20])
def test_what_is_no_state_is_refused(data: bytes) -> None:
    with pytest.raises(StateError):
        unpack(data, "snapshot")


def test_a_record_that_claims_to_be_huge_takes_no_memory() -> None:
    body = zlib.compress(b"x")
    size = 1 << 60
    head = envelope._HEAD.pack(envelope.MAGIC, 1, envelope._checksum(size, body), size)
    with pytest.raises(StateError, match="damaged"):
        unpack(head + body, "snapshot")


def sealed(header: bytes, version: int = 1) -> bytes:
    """A record of state without columns, its checksum right."""
    raw = envelope._LENGTH.pack(len(header)) + header
    body = zlib.compress(raw)
    return envelope._HEAD.pack(envelope.MAGIC, version, envelope._checksum(len(raw), body), len(raw)) + body


@pytest.mark.parametrize(
    "column", [["x", "<f8", [1 << 40]], ["x", "|O", [1]], ["x", "<f8", [-1]], ["x", "<f8", ["1"]], ["x"]]
)
def test_a_column_that_cannot_be_is_refused(column: list[Any]) -> None:
    header = envelope.json.dumps({"kind": "snapshot", "header": {}, "columns": [column]}).encode()
    with pytest.raises(StateError, match="damaged"):
        unpack(sealed(header), "snapshot")


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (b"[" * 200_000, VERSION),
        (b'{"kind": "snapshot", "header": {}, "columns": []}', 1),
        (b'{"kind": "snapshot", "header": {"offset": Infinity}, "columns": []}', VERSION),
    ],
    ids=["deep", "an older version without its columns", "an offset without end"],
)
def test_what_has_a_right_checksum_and_makes_no_sense_is_refused(header: bytes, version: int) -> None:
    with pytest.raises(StateError, match="damaged"):
        decode_snapshot(sealed(header, version))


def test_means_of_any_other_number_of_points_are_refused() -> None:
    stored = state_fixture.state()
    found = unpack(stored.snapshot, "snapshot")
    header = {**found.header, "settings": {**found.header["settings"], "block": -4}}
    with pytest.raises(StateError, match="means of -4 points"):
        restored(StoredState(pack(Document("snapshot", header, found.columns)), []))


def test_rules_that_nobody_knows_are_refused() -> None:
    found = unpack(state_fixture.state().snapshot, "snapshot")
    header = {**found.header, "settings": {**found.header["settings"], "rules": RULES + 1}}
    with pytest.raises(StateError, match=f"rules {RULES + 1}"):
        restored(StoredState(pack(Document("snapshot", header, found.columns)), []))


def test_a_sample_from_the_future_had_a_row_and_has_one_in_the_replay() -> None:
    """What it took, others could not have: their windows and logits are those of the rows as they were."""
    told = [*rows({"a": quiet(40)}), ("z", 2 * START, 1.0), *rows({"b": quiet(40)})]
    before = replace(SETTINGS, rules=1, max_series=2, max_future_ms=1000)
    state = state_fixture.written(make_detector(before), told)
    detector = make_detector(replace(before, rules=RULES))
    restore(state, detector, make_detector)
    assert detector.roster.state().names == ["a", "z"]
    assert not detector.windows.table["waiting"][:2].any()


def test_a_newer_version_names_partition_and_cure() -> None:
    stored = state_fixture.state()
    newer = bytearray(stored.snapshot)
    newer[len(envelope.MAGIC) : len(envelope.MAGIC) + 2] = (VERSION + 1).to_bytes(2, "big")
    with pytest.raises(StateError) as refused:
        restored(StoredState(bytes(newer), []))
    message = str(refused.value)
    assert message.startswith(f"state of {METRICS.topic} partition {METRICS.partition}: ")
    assert f"version {VERSION + 1}" in message
    assert "SPEAR_KAFKA__STATE_TOPIC" in message


def test_a_journal_of_another_snapshot_is_refused() -> None:
    one, other = (
        state_fixture.state(),
        pack(
            Document(
                "journal",
                {"offset": 9, "steps": [["judged", 3, 0]], "names": []},
                {"number": np.zeros(0, np.uint32), "ts": np.zeros(0, np.int64), "value": np.zeros(0)}
                | {
                    "offset": np.zeros(0, np.int64),
                    "logit": np.zeros(3, np.float32),
                    "mark": np.zeros(3, np.uint32),
                },
            )
        ),
    )
    with pytest.raises(StateError, match="3 scores for 0 windows"):
        restored(StoredState(one.snapshot, [other]))


def test_state_of_other_windows_is_refused() -> None:
    stored = state_fixture.state()
    other = make_detector(replace(SETTINGS, spec=replace(SPEC, bins=SPEC.bins - 1)))
    with pytest.raises(StateError, match="other windows"):
        restore(stored, other, make_detector)


def test_a_migration_is_applied_to_older_state(monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(kind: str, header: Any, columns: Any) -> tuple[Any, Any]:
        return header, {name.upper(): column for name, column in columns.items()}

    monkeypatch.setattr(envelope, "MIGRATIONS", (*envelope.MIGRATIONS, renamed))
    monkeypatch.setattr(envelope, "VERSION", VERSION + 1)
    assert set(unpack(DATA, "snapshot").columns) == {"X", "Y"}
    assert set(unpack(pack(DOCUMENT), "snapshot").columns) == {"x", "y"}
