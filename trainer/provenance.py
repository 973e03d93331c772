"""Where figures come from: the machine, the versions and the commit."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CODE = (":(top)spear_stream", ":(top)trainer", ":(top)benchmarks/*.py", ":(top)pyproject.toml")
"""What figures rest on; the results of a run before are tracked, too."""
PACKAGES = ("spear-stream", "numpy", "scikit-learn", "torch", "transformers")


def provenance() -> dict[str, object]:
    """What to write beside figures: machine, versions, and the commit when this is a git checkout.

    Ask before the work: by its end the checkout may have another commit than the code that ran.
    """
    machine = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }
    return {"machine": machine, "packages": _versions(), "commit": _commit()}


def processor() -> str:
    """Its name, as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _commit() -> str | None:
    """Hash of the checkout this file is part of, `+changes` if its code is another by now."""
    if _git("ls-files", "--error-unmatch", Path(__file__).name) is None:
        return None
    head = _git("rev-parse", "--short=12", "HEAD")
    return f"{head}+changes" if _git("status", "--porcelain", "--untracked-files=no", "--", *CODE) else head


def _git(*arguments: str) -> str | None:
    """What git prints, None when it fails or is missing."""
    git = shutil.which("git")
    if git is None:
        return None
    command = [git, "-C", str(Path(__file__).parent), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    return done.stdout.strip() if done.returncode == 0 else None
