"""Why a point that was understood is in the dead letters; transport/faults.py has what is not understood."""

from enum import StrEnum


class Refusal(StrEnum):
    """A released code never changes its meaning."""

    LATE = "late"
    """Older than the newest point of its series."""
    DUPLICATE = "duplicate"
    """Its series has a point of this time."""
    IN_THE_FUTURE = "in_the_future"
    """Farther ahead of the clock than is allowed."""
    TOO_MANY_SERIES = "too_many_series"
    """Of a new series, where no row is left."""
    SCORER_FAILED = "scorer_failed"
    """The model failed on the window that ends with it."""
