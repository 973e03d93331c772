"""The Dockerfile is sound, and its install steps work with nothing but what .dockerignore lets through."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path, PurePosixPath

import pytest
from deploy.dockerfile import parse, sent_to_build

ROOT = Path(__file__).parents[2]
IGNORE = ROOT / ".dockerignore"
STAGES = parse((ROOT / "deploy" / "Dockerfile").read_text())
BUILD, RUNTIME = STAGES["build"], STAGES["runtime"]
VENV = "/opt/spear"


def test_every_stage_builds_on_python_or_an_earlier_stage() -> None:
    seen: list[str] = []
    for stage in STAGES.values():
        assert stage.base in seen or stage.base.startswith("python:")
        seen.append(stage.name)


def test_the_default_target_is_the_cpu_image() -> None:
    assert list(STAGES)[-1] == "cpu"
    assert {"cpu", "gpu"} <= STAGES.keys()


@pytest.mark.parametrize("source", BUILD.copied_from_context())
def test_copied_files_exist_and_reach_the_build(source: str) -> None:
    assert (ROOT / source).exists()
    assert sent_to_build(PurePosixPath(source), IGNORE)


@pytest.mark.parametrize(
    "path", [".env", ".git/config", ".venv/bin/python", "tests/x.py", "trainer/__pycache__/a.pyc"]
)
def test_secrets_and_ballast_do_not_reach_the_build(path: str) -> None:
    assert not sent_to_build(PurePosixPath(path), IGNORE)


def test_the_worker_is_not_root_and_its_health_is_watched() -> None:
    [user] = RUNTIME.bodies("USER")
    assert int(user) > 0
    [check] = RUNTIME.bodies("HEALTHCHECK")
    assert "/livez" in check
    assert RUNTIME.bodies("ENTRYPOINT") == ['["spear-stream"]']
    assert not any(STAGES[name].bodies("USER") for name in ("cpu", "gpu"))


@pytest.mark.parametrize("text", ["INSTALL x", "FROM a AS b\nRUNN true", "COPY a b"])
def test_a_broken_dockerfile_is_noticed(text: str) -> None:
    with pytest.raises(ValueError, match=r"no Dockerfile instruction|before the first FROM"):
        parse(text)


@pytest.mark.slow
def test_the_build_steps_give_a_working_command(tmp_path: Path) -> None:
    """Every RUN and COPY of the build stage in its order, with a virtual environment in place of /opt/spear.

    The dependencies are resolved but not installed a second time; the ones of this environment serve.
    """
    context, venv = tmp_path / "src", tmp_path / "venv"
    context.mkdir()
    for instruction in BUILD.instructions:
        if instruction.keyword == "COPY":
            copy(instruction.body.split()[:-1], context)
        elif instruction.keyword == "RUN":
            run(
                instruction.body.replace(VENV, str(venv)).replace("-r pyproject", "--dry-run -r pyproject"),
                context,
            )
    borrow_packages(venv)

    helped = subprocess.run(
        [venv / "bin" / "spear-stream", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "score-file" in helped.stdout


def copy(sources: list[str], context: Path) -> None:
    for source in sources:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, context / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (context / source).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / source, context / source)


def run(command: str, context: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["sh", "-c", command],
        cwd=context,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"


def borrow_packages(venv: Path) -> None:
    """Let `venv` fall back on the packages of this environment; its own come first."""
    [site] = venv.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
