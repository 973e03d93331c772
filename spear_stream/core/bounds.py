"""Numbers of settings within their bounds."""

from math import isfinite

from spear_stream.core.errors import ConfigError


def check_numbers(
    settings: object,
    *names: str,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> None:
    """Raises ConfigError naming the first of these fields that is no finite number within the bounds, with
    its value. A field that is None has no value to check.
    """
    for name in names:
        value = getattr(settings, name)
        finite = value is None or isinstance(value, int) or isfinite(value)
        fits = value is None or (
            finite
            and (least is None or value >= least)
            and (above is None or value > above)
            and (most is None or value <= most)
            and (below is None or value < below)
        )
        if not fits:
            bounds = {"at least": least, "above": above, "at most": most, "below": below}
            wanted = " and ".join(f"{word} {bound}" for word, bound in bounds.items() if bound is not None)
            raise ConfigError(f"{name} must be {'' if finite else 'a finite number '}{wanted}, got {value}")
