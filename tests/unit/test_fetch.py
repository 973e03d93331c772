"""`spear-trainer fetch` against a server on this machine: checksums, broken downloads, full disks."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from rich.console import Console

from spear_stream.core.errors import ConfigError
from trainer.datasets import load
from trainer.datasets.download import FetchError, download
from trainer.datasets.fetching import RemoteFile, Source, fetch, sources

CONTENT = bytes(range(256)) * 4096
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Publisher(ThreadingHTTPServer):
    """Serves `files`; breaks off after `limit` bytes of a response when it is set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.limit: int | None = None
        self.ranges = True
        self.requests: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.requests.append((self.path, wanted))
        content = self.server.files.get(self.path)
        if content is None:
            return self.send_error(404)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.ranges else 0
        if start and start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:][: self.server.limit])
        return None

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_goes_on_where_it_stopped(
    publisher: Publisher, tmp_path: Path, ranges: bool
) -> None:
    publisher.files["/a"], publisher.limit, publisher.ranges = CONTENT, 300_000, ranges
    target = tmp_path / "deep" / "a"
    with pytest.raises(
        FetchError, match=rf"closed after 300000 of {len(CONTENT)} bytes; run the command again"
    ):
        download(f"{publisher.url}/a", target, DIGEST)
    assert not target.exists()
    publisher.limit = None
    seen: list[tuple[int, int | None]] = []
    download(f"{publisher.url}/a", target, DIGEST, lambda done, total: seen.append((done, total)))
    assert publisher.requests[-1] == ("/a", "bytes=300000-")
    assert target.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in target.parent.iterdir()] == ["a"]


def test_what_is_there_already_is_not_asked_for_again(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    download(f"{publisher.url}/a", tmp_path / "a", DIGEST)
    assert not publisher.requests


def test_a_part_that_is_whole_is_taken_as_it_is(publisher: Publisher, tmp_path: Path) -> None:
    publisher.files["/a"] = CONTENT
    (tmp_path / "a.part").write_bytes(CONTENT)
    download(f"{publisher.url}/a", tmp_path / "a", DIGEST)
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_a_wrong_checksum_is_thrown_away(publisher: Publisher, tmp_path: Path) -> None:
    publisher.files["/a"] = CONTENT[:-1] + b"!"
    with pytest.raises(FetchError, match=f"expected {DIGEST}; .*damaged"):
        download(f"{publisher.url}/a", tmp_path / "a", DIGEST)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_to_be_full(publisher: Publisher, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    publisher.files["/a"] = CONTENT
    (tmp_path / "a.part").symlink_to("/dev/full")
    with pytest.raises(ConfigError, match="No space left on device; make room there"):
        download(f"{publisher.url}/a", tmp_path / "a", DIGEST)
    assert not (tmp_path / "a").exists()


def test_no_network_and_a_missing_file_are_told_apart(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="the server answered 404"):
        download(f"{publisher.url}/a", tmp_path / "a", None)
    with pytest.raises(FetchError, match=r"cannot be reached: .*check the network"):
        download("http://127.0.0.1:9/a", tmp_path / "a", None)
    with pytest.raises(ConfigError, match="no http address"):
        download("file:///etc/passwd", tmp_path / "a", None)


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        for part in ("train", "test"):
            array = io.BytesIO()
            np.save(array, np.ones((20, 3)))
            out.writestr(f"data/{part}/P-1.npy", array.getvalue())
        out.writestr("elsewhere/x.npy", b"")
    return packed.getvalue()


def test_an_archive_is_unpacked_and_can_be_loaded(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed, labels = (
        archive(),
        b'chan_id,spacecraft,anomaly_sequences,class,num_values\nP-1,SMAP,"[[3, 5]]",[point],20\n',
    )
    publisher.files |= {"/data.zip": packed, "/labeled_anomalies.csv": labels}
    files = (
        RemoteFile("data.zip", "https://else.where/x", hashlib.sha256(packed).hexdigest(), "data/"),
        RemoteFile("labeled_anomalies.csv", sha256=hashlib.sha256(labels).hexdigest()),
    )
    monkeypatch.setattr(
        "trainer.datasets.fetching.sources", lambda: {"nasa": Source("NASA", "public", "home", files=files)}
    )
    console = Console(file=io.StringIO(), width=200)
    fetch("nasa", tmp_path, console, publisher.url)
    assert load(f"nasa:{tmp_path}")[0].windows == ((3, 5),)
    assert not list(tmp_path.rglob("x.npy"))
    assert not (tmp_path / "data.zip").exists()
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "licence: public" in said
    assert "checksums right" in said
    asked = len(publisher.requests)
    fetch("nasa", tmp_path, console, publisher.url)
    assert len(publisher.requests) == asked


@pytest.mark.parametrize("full", ["SOURCE.txt", "data.zip.unpacked"])
def test_a_disk_that_is_full_after_the_download_is_said_to_be(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    packed = archive()
    publisher.files["/data.zip"] = packed
    files = (RemoteFile("data.zip", sha256=hashlib.sha256(packed).hexdigest(), unpack="data/"),)
    monkeypatch.setattr(
        "trainer.datasets.fetching.sources", lambda: {"nasa": Source("NASA", "public", "home", files=files)}
    )
    (tmp_path / full).symlink_to("/dev/full")
    with pytest.raises(ConfigError, match=rf"cannot write {tmp_path}: No space left .* another --out"):
        fetch("nasa", tmp_path, Console(file=io.StringIO()), publisher.url)


def test_a_file_in_place_of_the_folder_is_named(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "afile").touch()
    with pytest.raises(ConfigError, match=rf"cannot write {tmp_path}/afile/.*: Not a directory; .* --out"):
        fetch("mimic-demo", tmp_path / "afile", Console(file=io.StringIO()), publisher.url)


def test_checksums_that_the_publisher_lists_are_used(publisher: Publisher, tmp_path: Path) -> None:
    names = ("icu/chartevents.csv.gz", "icu/d_items.csv.gz")
    publisher.files |= {f"/{name}": CONTENT for name in names}
    publisher.files["/SHA256SUMS.txt"] = "".join(f"{DIGEST} {name}\n" for name in names).encode()
    fetch("mimic-demo", tmp_path, Console(file=io.StringIO()), publisher.url)
    assert (tmp_path / names[0]).read_bytes() == CONTENT
    publisher.files["/SHA256SUMS.txt"] = b"0 other\n"
    with pytest.raises(FetchError, match="lists no icu/chartevents"):
        fetch("mimic-demo", tmp_path, Console(file=io.StringIO()), publisher.url)


def test_credentials_are_explained_and_names_listed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PhysioNet has credentialed"):
        fetch("mimic", tmp_path, Console(file=io.StringIO()))
    with pytest.raises(ConfigError, match="no data set 'nba'; there are nab, skab, nasa, mimic-demo, mimic"):
        fetch("nba", tmp_path, Console(file=io.StringIO()))


def test_every_file_of_every_source_can_be_checked() -> None:
    for source in sources().values():
        assert source.licence
        assert source.credentials or source.published_sums or all(file.sha256 for file in source.files)
