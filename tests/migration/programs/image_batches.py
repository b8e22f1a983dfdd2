"""Pictures as arrays: FlyteFile with several extensions, folders of files made and walked, numpy kept in files."""

import os
from typing import List

import numpy as np
from flytekit import current_context, task, workflow
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile


@task
def render(count: int, size: int) -> FlyteDirectory["npy"]:
    folder = os.path.join(current_context().working_directory, "frames")
    os.makedirs(folder)
    for number in range(count):
        np.save(os.path.join(folder, f"{number}.npy"), np.full((size, size), number, dtype="uint8"))
    return FlyteDirectory["npy"](folder)


@task
def brightness(frames: FlyteDirectory["npy"]) -> List[float]:
    here = frames.download()
    return [float(np.load(os.path.join(here, name)).mean()) for name in sorted(os.listdir(here))]


@task
def collage(frames: FlyteDirectory["npy"]) -> FlyteFile["npy"]:
    names = sorted(os.listdir(frames))
    joined = np.hstack([np.load(os.path.join(frames, name)) for name in names])
    path = os.path.join(current_context().working_directory, "collage.npy")
    np.save(path, joined)
    return FlyteFile["npy"](path)


@task
def shape(picture: FlyteFile["npy"]) -> List[int]:
    return list(np.load(picture.download()).shape)


@task
def several(count: int) -> List[FlyteFile]:
    made = []
    for number in range(count):
        path = os.path.join(current_context().working_directory, f"{number}.txt")
        with open(path, "w") as out:
            out.write("x" * number)
        made.append(FlyteFile(path))
    return made


@task
def sizes(files: List[FlyteFile]) -> List[int]:
    return [os.path.getsize(file.download()) for file in files]


@workflow
def film(count: int, size: int = 4) -> (List[float], List[int], List[int]):
    frames = render(count=count, size=size)
    return brightness(frames=frames), shape(picture=collage(frames=frames)), sizes(files=several(count=count))


if __name__ == "__main__":
    print(*film(count=3))
