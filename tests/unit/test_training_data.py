"""What a run is trained on: something even of little data, and a run knows its data again."""

from pathlib import Path

import numpy as np
import pytest

from spear_stream.core.errors import ConfigError
from trainer.resume import require_same
from trainer.training_data import TrainingData, load_training_data

POINTS = 200


def written(folder: Path, *, count: int = 1, labels: str = "0", points: int = POINTS) -> str:
    """CSV files of so many series."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        values = np.random.default_rng(number).normal(size=points)
        rows = [f"{60 * i},{value},{labels}" for i, value in enumerate(values)]
        (folder / f"s{number}.csv").write_text("\n".join(["ts,value,label", *rows]))
    return f"csv:{folder}"


def loaded(*specs: str, seed: int = 0) -> TrainingData:
    data = load_training_data(specs, seed)
    assert data is not None
    return data


@pytest.mark.parametrize("seed", range(8))
def test_one_series_is_trained_on_whatever_the_seed(tmp_path: Path, seed: int) -> None:
    data = loaded(written(tmp_path / "data"), seed=seed)
    assert len(data.train) == 1
    assert data.held_out is None


def test_many_are_split(tmp_path: Path) -> None:
    data = loaded(written(tmp_path / "data", count=30))
    assert data.held_out is not None
    assert len(data.train) + len(data.held_out) == 30
    assert len(data.held_out) >= 2


def test_a_run_goes_on_with_the_same_values_labels_and_order_alone(tmp_path: Path) -> None:
    one, two = written(tmp_path / "one", count=2), written(tmp_path / "two", count=2, points=POINTS + 1)
    first = loaded(one, two)
    assert loaded(one, two).digest == first.digest
    assert loaded(two, one).digest != first.digest
    assert loaded(written(tmp_path / "one", count=2, labels="1"), two).digest != first.digest


def test_a_run_on_other_data_is_not_continued_and_says_why() -> None:
    with pytest.raises(ConfigError, match=r"a run with other data \(a topic needs \?until="):
        require_same("a run", {"data": {"digest": "a"}}, {"data": {"digest": "b"}})
