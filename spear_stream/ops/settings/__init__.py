"""All settings: one frozen object; `load_settings` is the only reader of the environment."""

from spear_stream.ops.settings.checks import require_input
from spear_stream.ops.settings.describe import Effective, SettingInfo, describe, effective, secret_values
from spear_stream.ops.settings.flags import parse_pairs
from spear_stream.ops.settings.load import load_settings
from spear_stream.ops.settings.model import DEFAULT, Settings

__all__ = [
    "DEFAULT",
    "Effective",
    "SettingInfo",
    "Settings",
    "describe",
    "effective",
    "load_settings",
    "parse_pairs",
    "require_input",
    "secret_values",
]
