"""Logs: FlyteFile with an extension, FlyteDirectory, files written and read by tasks."""

import os
from pathlib import Path
from typing import List

import flytekit
from flytekit import task, workflow
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile


@task
def write_log(lines: List[str]) -> FlyteFile:
    path = os.path.join(flytekit.current_context().working_directory, "service.log")
    with open(path, "w") as log:
        log.write("\n".join(lines))
    return FlyteFile(path)


@task
def errors(log: FlyteFile) -> FlyteFile["txt"]:
    out = Path(flytekit.current_context().working_directory) / "errors.txt"
    with open(log) as source, out.open("w") as target:
        for line in source:
            if line.startswith("E"):
                target.write(line.strip() + "\n")
    return FlyteFile["txt"](str(out))


@task
def split_by_level(log: FlyteFile) -> FlyteDirectory:
    folder = Path(flytekit.current_context().working_directory) / "levels"
    folder.mkdir(exist_ok=True)
    with log.open("r") as source:
        for line in source.read().splitlines():
            with (folder / f"{line[0]}.log").open("a") as target:
                target.write(line[2:] + "\n")
    return FlyteDirectory(path=str(folder))


@task
def inventory(levels: FlyteDirectory) -> List[str]:
    levels.download()
    root = Path(levels.path)
    return [f"{file.name}={len(file.read_text().splitlines())}" for file in sorted(root.iterdir())]


@task
def count(text: FlyteFile["txt"]) -> int:
    return len(Path(text.download()).read_text().splitlines())


@workflow
def triage(lines: List[str]) -> (int, List[str]):
    log = write_log(lines=lines)
    return count(text=errors(log=log)), inventory(levels=split_by_level(log=log))


if __name__ == "__main__":
    broken, levels = triage(lines=["E disk full", "I started", "W slow", "E no route", "I stopped"])
    print(broken, levels)
