"""Files by kind: the names that flytekit has for extensions."""

import os

import flytekit.types.file as kinds
from flytekit import current_context, task, workflow
from flytekit.types.directory import FlyteDirectory, TensorboardLogs
from flytekit.types.file import CSVFile, FlyteFile, HTMLPage as Page


def place(name: str) -> str:
    return os.path.join(current_context().working_directory, name)


@task
def table(rows: int) -> CSVFile:
    with open(place("rows.csv"), "w") as out:
        out.write("\n".join(f"{row},{row * row}" for row in range(rows)))
    return CSVFile(place("rows.csv"))


@task
def page(rows: CSVFile) -> Page:
    with open(rows) as source, open(place("rows.html"), "w") as out:
        out.write("".join(f"<p>{line.strip()}</p>" for line in source))
    return Page(place("rows.html"))


@task
def text(page: Page) -> str:
    with open(page.download()) as source:
        return source.read()


@task
def any_file(page: FlyteFile) -> str:
    return os.path.basename(str(page)).rpartition(".")[2]


@task
def logs(count: int) -> TensorboardLogs:
    os.makedirs(place("logs"))
    for number in range(count):
        with open(os.path.join(place("logs"), f"{number}.log"), "w") as out:
            out.write(str(number))
    return TensorboardLogs(place("logs"))


@task
def count(folder: FlyteDirectory["tensorboard"]) -> int:
    return len(os.listdir(folder.download()))


@workflow
def publish(rows: int) -> (str, int):
    made = page(rows=table(rows=rows))
    return text(page=made), count(folder=logs(count=rows))


if __name__ == "__main__":
    print(*publish(rows=3))
    print(CSVFile.extension(), Page.extension(), kinds.PDFFile.extension(), TensorboardLogs.extension())
