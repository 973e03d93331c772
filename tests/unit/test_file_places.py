"""What is wrong with a file is told with its line and column, and with what would be right."""

from pathlib import Path

import pytest
from unit.test_files import read_all

from spear_stream.core.column_names import USUAL, ColumnNames
from spear_stream.core.dead_letters import dead_letters
from spear_stream.core.records import Rejection, TopicPartition
from spear_stream.transport.codec import make_decoder
from spear_stream.transport.files import FileSource

WIDE = ColumnNames(value="*")


def details(path: Path, content: str | bytes, names: ColumnNames = USUAL) -> list[str]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = FileSource(str(path), columns=names)
    source.open()
    decoded = make_decoder("json").decode(TopicPartition(path.name, 0), read_all(source))
    return [letter.detail for letter in decoded.rejected]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("60,1,bad,2", ["line 5, column mem: value is the text 'bad', needed: a number"]),
        (
            "60,x,,y",
            ["line 5, column cpu: value is the text 'x'", "line 5, column disk: value is the text 'y'"],
        ),
        ("60,1,NaN,inf", ["line 5, column disk: value is the text 'inf', needed: a number"]),
        ("60,1,2,1e999", ["line 5, column disk: "]),
        ("never,1,,2", 2 * ["line 5, column ts: time is the text 'never', which is not ISO-8601, such as "]),
        ("-60,1,,", ["line 5, column ts: time -60 is not within 1970 to 2199"]),
        ("60,1,2,3,4", ["line 5: 5 cells in 4 columns; write numbers with a point, and quote a cell that "]),
    ],
)
def test_a_cell_of_a_wide_table_is_told_by_line_and_column(tmp_path: Path, row: str, told: list[str]) -> None:
    found = details(tmp_path / "x.csv", f"ts,cpu,mem,disk\n\n1,1,1,1\r\n \n{row}\n", WIDE)
    assert len(found) == len(told)
    assert all(one.startswith(start) for one, start in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("60,,1", "line 2, column host: neither the value nor the record key names a series"),
        ("60", "line 2, column host: there is none of 'series', and no record key: the row ends before it"),
        ("60,a", "line 2, column value: there is no 'value': the row ends before it"),
        ("never,a", "line 2, column value: there is no 'value': the row ends before it"),
        (",a,1", "line 2, column ts: time is the text ''"),
        ("60,a,", "line 2, column value: value is the text ''"),
        ("60,a,down", "line 2, column value: value is the text 'down', needed: a number"),
        ("60,a,[/b]", "line 2, column value: value is the text '[/b]'"),
    ],
)
def test_so_is_every_cell_of_a_long_one(tmp_path: Path, row: str, told: str) -> None:
    (found,) = details(tmp_path / "x.csv", f"ts,host,value\n{row}\n", ColumnNames(series="host"))
    assert found.startswith(told)


@pytest.mark.parametrize("cell", ["50,346", "1,234.5", "1.234,5", "1'234", "1 234", "1_000"])
def test_numbers_as_people_write_them_are_told_how(tmp_path: Path, cell: str) -> None:
    (found,) = details(tmp_path / "x.csv", f'ts;value\n1;"{cell}"\n')
    assert found.endswith(f"{cell!r}, needed: a number such as 1234.5, with no mark but the decimal one")


@pytest.mark.parametrize("cell", ["5%", "1.5 ms", "n/a", "", "0x1F", "-"])
def test_other_texts_are_not(tmp_path: Path, cell: str) -> None:
    (found,) = details(tmp_path / "x.csv", f"ts;value\n1;{cell}\n")
    assert found.endswith(f"{cell!r}, needed: a number")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"time": 1, "val": 2}', "line 3: there is no 'ts': SPEAR_INPUT__TS_PATH says where the time is"),
        ('{"ts": 1, "val": 2}', "line 3: there is no 'value': SPEAR_INPUT__VALUE_PATH says where"),
        ('{"ts": 1, "value": "down"}', "line 3: value is the text 'down', needed: a number"),
        ('[{"ts": 1, "value": 1}, {"ts": 2, "value": null}]', "line 3[1]: value is null, needed: a number"),
        ('"down"', "line 3: needed: an object, found the text 'down'"),
        ("junk", "line 3: JSON is malformed"),
    ],
)
def test_lines_of_json_are_told_by_their_number(tmp_path: Path, line: str, told: str) -> None:
    (found,) = details(tmp_path / "x.jsonl", f'{{"ts": 1, "value": 1}}\n\n{line}\n')
    assert found.startswith(told)


def test_lines_are_counted_through_all_of_a_large_file(tmp_path: Path) -> None:
    rows = "".join(f"{at},{at}\n" for at in range(1, 100_001))
    (found,) = details(tmp_path / "x.csv", f"ts,value\n{rows}1,x\n")
    assert found.startswith("line 100002, column value: ")


def test_points_that_the_detector_refuses_are_told_by_their_line(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("ts,value\n60,1\n\n0,1\n")
    source = FileSource(str(tmp_path / "x.csv"))
    source.open()
    records = read_all(source)
    decoded = make_decoder("json").decode(TopicPartition("x.csv", 0), records)
    (letter,) = dead_letters(
        decoded, [Rejection(1, "late", "60.000 s behind the newest of its series")], records
    )
    assert letter.detail == "line 4, series 'x': 60.000 s behind the newest of its series"


def test_a_name_of_a_column_that_is_empty_is_shown(tmp_path: Path) -> None:
    (found,) = details(tmp_path / "x.csv", ",cpu\nnever,1\n", ColumnNames(time="", value="cpu"))
    assert found.startswith("line 2, column '': time is the text 'never'")
