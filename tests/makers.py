"""The processes that make the batches of a training, as the system sees them."""

import psutil


def makers(training: int | None = None) -> list[psutil.Process]:
    """Of a process, of this one if None; not what else multiprocessing starts."""
    children = psutil.Process(training).children()
    return [one for one in children if "multiprocessing.spawn" in " ".join(one.cmdline())]
