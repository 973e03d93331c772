"""Errors carry their policy: retriable or not, and the exit code of a process that stops on them."""

from typing import ClassVar


class SpearError(Exception):
    """Base of every error that spear-stream raises on purpose.

    The message names the setting at fault and the cure. `retriable` says whether
    the same operation may work when it is tried again without changing anything.
    """

    retriable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1


class ConfigError(SpearError):
    """A setting, a file or a checkpoint that cannot work; the start is refused."""

    exit_code = 2


class CheckpointError(ConfigError):
    """A prompt checkpoint or backbone that is missing, damaged or does not fit."""


class OutOfMemory(ConfigError):
    """The model takes more memory than there is; a smaller batch may fit."""


class StateError(ConfigError):
    """Stored state that is damaged, of a newer version, or of another window shape."""


class InputError(SpearError):
    """An input file that cannot be read as what it claims to be."""

    exit_code = 3


class BrokerError(SpearError):
    """The broker refused or could not be reached, and trying again may not help."""

    exit_code = 4


class BrokerUnavailable(BrokerError):
    """The broker is away or slow; the operation can be tried again."""

    retriable = True


class DeliveryError(BrokerError):
    """An event or a dead letter was not acknowledged, so its offset must not be committed."""


class DeliveryDelayed(DeliveryError):
    """The broker is away or slow; the sink keeps what it was given and the next flush may deliver it."""

    retriable = True


class Stopped(SpearError):
    """The worker was asked to stop while it read the control topic or restored state; of the input it has
    read nothing since.
    """

    exit_code = 0


class Interrupted(SpearError):
    """A run was stopped before its end; what it did so far is there."""

    exit_code = 130


class WorkerFenced(BrokerError):
    """Another process took this worker's identity; going on would deliver twice."""

    exit_code = 5


class PartitionsLost(BrokerError):
    """The group took partitions away before their offsets were committed.

    Drop their pending work without committing: whoever owns them now reads it again.
    The next poll() tells the listener what is lost; the rest goes on.
    """
