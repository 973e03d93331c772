"""One file over HTTP: resumed where it stopped, checked, and in place only when it is whole."""

import hashlib
import http.client
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from spear_stream.core.errors import ConfigError, InputError

CHUNK = 1 << 18
TIMEOUT = 60.0
"""Seconds without a byte."""
PART = ".part"
RANGE_NOT_SATISFIABLE = 416
PARTIAL = 206

Report = Callable[[int, int | None], None]
"""Told the bytes so far and, where the server says it, how many there will be."""


class FetchError(InputError):
    """A file that could not be fetched; running the same command again goes on where it stopped."""


def download(url: str, target: Path, sha256: str | None, report: Report = lambda _done, _total: None) -> None:
    """Bring `url` to `target` unless it is there already, with the right checksum.

    What a broken connection left in `target`.part is kept and continued. sha256: hex digest, None when
    nobody publishes one. Raises FetchError for the network and a wrong checksum, ConfigError for the disk.
    """
    if not url.startswith(("https://", "http://")):
        raise ConfigError(f"{url} is no http address")
    if target.is_file() and sha256 in (None, digest_of(target)):
        return
    part = target.with_name(target.name + PART)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _fill(url, part, report)
        _check(url, part, sha256)
        part.replace(target)
    except FetchError:
        raise
    except (URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise _unreached(url, error) from error
    except OSError as error:
        raise unwritten(part, error) from error


def unwritten(path: Path, error: OSError) -> ConfigError:
    """What to say when a disk does not take what was fetched."""
    return ConfigError(
        f"cannot write {path}: {error.strerror or error}; make room there or choose another --out, "
        "then run the command again and it goes on from there"
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _fill(url: str, part: Path, report: Report) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310 - checked above
    try:
        with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - as above
            _append(url, part, response, have if response.status == PARTIAL else 0, report)
    except HTTPError as error:
        if error.code != RANGE_NOT_SATISFIABLE:
            raise
        # The part is whole already, or it is no part of this file: the checksum tells.


def _append(url: str, part: Path, response: Any, have: int, report: Report) -> None:
    length = response.headers.get("Content-Length")
    total = None if length is None else have + int(length)
    with part.open("ab" if have else "wb") as out:
        while chunk := response.read(CHUNK):
            out.write(chunk)
            have += len(chunk)
            report(have, total)
        out.flush()
        os.fsync(out.fileno())
    if total is not None and have < total:
        raise FetchError(
            f"{url}: the connection closed after {have} of {total} bytes; "
            "run the command again and it goes on from there"
        )


def _check(url: str, part: Path, sha256: str | None) -> None:
    found = digest_of(part)
    if sha256 is not None and found != sha256:
        part.unlink()
        raise FetchError(
            f"{url}: SHA-256 is {found}, expected {sha256}; the file was damaged on its way or its publisher "
            "has changed it, so it was thrown away. Run the command again; if it stays so, tell us"
        )


def _unreached(url: str, error: Exception) -> FetchError:
    if isinstance(error, HTTPError):
        return FetchError(f"{url}: the server answered {error.code} {error.reason}")
    reason = error.reason if isinstance(error, URLError) else error
    return FetchError(
        f"{url} cannot be reached: {reason}; check the network and HTTPS_PROXY, or give --mirror. "
        "Running the command again goes on where it stopped"
    )
