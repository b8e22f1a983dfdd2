"""Experiments: files, folders and frames inside dataclasses, across tasks and fields of promises."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from flytekit import StructuredDataset, current_context, task, workflow
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile


@dataclass
class Experiment:
    name: str
    notes: FlyteFile
    plots: FlyteDirectory
    table: StructuredDataset


@task
def run(name: str, rows: int) -> Experiment:
    here = Path(current_context().working_directory) / name
    (here / "plots").mkdir(parents=True)
    (here / "notes.txt").write_text(f"{name} went well")
    for number in range(2):
        (here / "plots" / f"{number}.svg").write_text("<svg/>")
    frame = pd.DataFrame({"step": list(range(rows)), "loss": [1 / (step + 1) for step in range(rows)]})
    return Experiment(
        name=name,
        notes=FlyteFile(str(here / "notes.txt")),
        plots=FlyteDirectory(str(here / "plots")),
        table=StructuredDataset(dataframe=frame),
    )


@task
def words(text: FlyteFile) -> int:
    with open(text) as source:
        return len(source.read().split())


@task
def review(experiment: Experiment) -> str:
    plots = Path(experiment.plots.download())
    frame = experiment.table.open(pd.DataFrame).all()
    return f"{experiment.name} {len(list(plots.iterdir()))} plots, {len(frame)} rows, last {frame.loss.iloc[-1]:.3f}"


@workflow
def study(name: str, rows: int = 4) -> (int, str):
    experiment = run(name=name, rows=rows)
    return words(text=experiment.notes), review(experiment=experiment)


if __name__ == "__main__":
    print(*study(name="alpha"))
    print(*study(name="beta", rows=10))
