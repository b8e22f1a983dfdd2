"""Names of one's own for everything: modules and names imported with as, several on one line, semicolons."""

import os, flytekit as flyte, sys  # noqa: E401, F401
import flytekit.types.directory as dirs; from flytekit import task as step, workflow as pipeline  # noqa: E702
from flytekit.core import context_manager as contexts
from flytekit.types.file import (
    FlyteFile as Document,  # what a scanner gives
)


@step(cache=flyte.Cache(version="0"), retries=0)
def scan(pages: int) -> Document:
    path = os.path.join(flyte.current_context().working_directory, "scan.txt")
    with open(path, "w") as out:
        out.write("page\f" * pages)
    return Document(path)


@step
def bind(document: Document, copies: int) -> dirs.FlyteDirectory:
    folder = os.path.join(flyte.current_context().working_directory, "bound")
    os.makedirs(folder, exist_ok=True)
    with open(document) as source:
        text = source.read()
    for copy in range(copies):
        with open(os.path.join(folder, f"{copy}.txt"), "w") as out:
            out.write(text)
    return dirs.FlyteDirectory(folder)


@step
def weigh(folder: dirs.FlyteDirectory) -> int:
    path = folder.download()
    return sum(os.path.getsize(os.path.join(path, name)) for name in os.listdir(path))


@pipeline
def copy_shop(pages: int, copies: int = 2) -> int:
    return weigh(folder=bind(document=scan(pages=pages), copies=copies))


if __name__ == "__main__":
    print(copy_shop(pages=3), copy_shop(pages=1, copies=5))
    print(contexts.FlyteContextManager.current_context() is not None)
