"""Where settings come from; each source becomes a layer of values by name, the first layer wins."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource

from spear_stream.core.errors import ConfigError
from spear_stream.ops.settings.names import BOOTSTRAP_NAMES, FILE_SUFFIX, PREFIX, Name

Variables = Mapping[str, str]
LINKS = ("SERVICE_HOST", "SERVICE_PORT", "PORT")
"""What Kubernetes puts behind the name of a service."""


class Layer(NamedTuple):
    origin: str
    """For people: `environment`, `.env`, the path of a file."""
    values: dict[Name, object]
    unknown: list[str]
    """Names that are no setting, as they were written."""


def read_layers(
    names: list[Name],
    flags: Mapping[str, object],
    config: Path | None,
    env_file: Path,
) -> list[Layer]:
    """Flags, environment, .env, TOML file, secret files: highest precedence first.

    Flags are dotted names (`kafka.group_id`) to values; None means not given.
    Raises ConfigError for files that cannot be read.
    """
    environment = _spear_only(EnvSettingsSource(BaseSettings, env_ignore_empty=True))
    dotenv = _dotenv(env_file)
    both = {**dotenv, **environment}
    given = {name: value for name, value in flags.items() if value is not None}
    return [
        _layer("flag", given, {name.dotted: name for name in names}),
        _variables("environment", environment, names),
        _variables(str(env_file), dotenv, names),
        _toml(*_config(config, both), names),
        *_secret_files(both, names),
    ]


def _layer(origin: str, found: Mapping[str, object], known: Mapping[str, Name]) -> Layer:
    values = {known[name]: value for name, value in found.items() if name in known}
    return Layer(origin, values, [name for name in found if name not in known])


def _variables(origin: str, found: Variables, names: list[Name]) -> Layer:
    known = {name.env: name for name in names}
    elsewhere = {*BOOTSTRAP_NAMES, *(env + FILE_SUFFIX for env in known)} - known.keys()
    own = {name: value for name, value in found.items() if name not in elsewhere}
    return _layer(origin, own, known)


def _dotenv(path: Path) -> dict[str, str]:
    try:
        return _spear_only(DotEnvSettingsSource(BaseSettings, env_file=path, env_ignore_empty=True))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {_unreadable(error)}") from error


def _config(flag: Path | None, variables: Variables) -> tuple[str, Path | None]:
    """The TOML file, behind the name that it was given by."""
    return ("SPEAR_CONFIG", _path(variables, "SPEAR_CONFIG")) if flag is None else ("--config", flag)


def _toml(named_by: str, path: Path | None, names: list[Name]) -> Layer:
    if path is None:
        return Layer("", {}, [])
    try:
        tables = tomllib.loads(_read(path, named_by))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{named_by}: {path} is no valid TOML: {error}") from error
    return _layer(str(path), dict(_flat(tables)), {name.dotted: name for name in names})


def _flat(tables: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for group, body in tables.items():
        if isinstance(body, dict):
            yield from ((f"{group}.{field}", value) for field, value in body.items())
        else:
            yield group, body


def _secret_files(variables: Variables, names: list[Name]) -> Iterator[Layer]:
    """SPEAR_KAFKA__PASSWORD_FILE=/path first, then files of SPEAR_SECRETS_DIR named like variables."""
    known = {name.env: name for name in names}
    for env, name in known.items():
        path = _path(variables, env + FILE_SUFFIX) if env + FILE_SUFFIX not in known else None
        if path:
            yield Layer(str(path), {name: _secret(path, env + FILE_SUFFIX)}, [])
    directory = _path(variables, "SPEAR_SECRETS_DIR")
    if directory:
        yield _layer(str(directory), _secrets_in(directory), known)


def _secrets_in(directory: Path) -> dict[str, str]:
    if not directory.is_dir():
        raise ConfigError(f"SPEAR_SECRETS_DIR: {directory} is no folder; name the one with the secret files")
    files = (path for path in sorted(directory.iterdir()) if path.name.startswith(PREFIX))
    return {path.name: _secret(path, "SPEAR_SECRETS_DIR") for path in files}


def _secret(path: Path, name: str) -> str:
    """The text without the newline that editors and `echo` put at the end."""
    return _read(path, name).rstrip("\r\n")


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: {path}: {_unreadable(error)}") from error


def _unreadable(error: OSError | UnicodeDecodeError) -> str:
    reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
    return f"{reason}; it must be a text file that this user can read"


def _path(variables: Variables, name: str) -> Path | None:
    return Path(variables[name]) if name in variables else None


def _spear_only(source: EnvSettingsSource) -> dict[str, str]:
    named = {name.upper(): value for name, value in source.env_vars.items() if value is not None}
    ours = {name: value for name, value in named.items() if name.startswith(PREFIX)}
    foreign = _kubernetes_links(ours)
    return {name: value for name, value in ours.items() if not foreign(name)}


def _kubernetes_links(names: Mapping[str, str]) -> Callable[[str], bool]:
    """Kubernetes sets SPEAR_X_SERVICE_HOST, SPEAR_X_PORT and more for a service called spear-x; for one
    called spear SPEAR_SERVICE_HOST, beside which there is the setting SPEAR_SERVICE__DELIVERY.
    """
    services = [name.removesuffix("_SERVICE_HOST") for name in names if name.endswith("_SERVICE_HOST")]
    prefixes = tuple(f"{service}_{part}" for service in services for part in LINKS)
    return lambda name: name.startswith(prefixes)
