"""Just enough of a Dockerfile and a .dockerignore to check ours without a Docker engine."""

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

KEYWORDS = {
    *("ARG", "FROM", "ENV", "WORKDIR", "RUN", "COPY", "USER"),
    *("EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD", "LABEL", "STOPSIGNAL"),
}


@dataclass(frozen=True)
class Instruction:
    keyword: str
    options: tuple[str, ...]
    """`--from=build`, `--mount=...`"""
    body: str


@dataclass(frozen=True)
class Stage:
    name: str
    base: str
    instructions: list[Instruction] = field(default_factory=list)

    def bodies(self, keyword: str) -> list[str]:
        return [instruction.body for instruction in self.instructions if instruction.keyword == keyword]

    def copied_from_context(self) -> list[str]:
        copies = [i for i in self.instructions if i.keyword == "COPY"]
        own = [i.body.split()[:-1] for i in copies if not any(o.startswith("--from=") for o in i.options)]
        return [source for sources in own for source in sources]


def parse(text: str) -> dict[str, Stage]:
    """Stages by name, in order. Raises ValueError for what is no instruction."""
    stages: dict[str, Stage] = {}
    for instruction in _instructions(text):
        if instruction.keyword == "FROM":
            base, _, name = instruction.body.partition(" AS ")
            stages[name] = Stage(name, base)
        elif stages:
            stages[name].instructions.append(instruction)
        elif instruction.keyword != "ARG":
            raise ValueError(f"{instruction.keyword} before the first FROM")
    return stages


def _instructions(text: str) -> list[Instruction]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [_instruction(line) for line in joined.splitlines()]


def _instruction(line: str) -> Instruction:
    keyword, *words = line.split(" ")
    if keyword not in KEYWORDS:
        raise ValueError(f"no Dockerfile instruction: {line}")
    words = [word for word in words if word]
    body = [word for i, word in enumerate(words) if not all(w.startswith("--") for w in words[: i + 1])]
    return Instruction(keyword, tuple(words[: len(words) - len(body)]), " ".join(body))


def sent_to_build(path: PurePosixPath, dockerignore: Path) -> bool:
    """Whether `path` of the build context passes the .dockerignore; the last pattern that matches decides."""
    sent = True
    candidates = [str(p) for p in [path, *path.parents][:-1]]
    for line in dockerignore.read_text().splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        names = [c.rpartition("/")[2] for c in candidates] if "**/" in line else candidates
        if line and not line.startswith("#") and any(fnmatchcase(name, pattern) for name in names):
            sent = line.startswith("!")
    return sent
