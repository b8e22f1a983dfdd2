"""One bundle of options for many tasks: flytekit.Environment."""

from flytekit import Environment, Resources, workflow

small = Environment(retries=2, requests=Resources(cpu="1", mem="100Mi"))
large = small.extend(requests=Resources(cpu="2", mem="1Gi"), interruptible=True)


@small.task
def seeds(count: int) -> int:
    return count * 10


@large.task
def plants(seeds: int) -> int:
    return seeds - seeds // 4


@small
def flowers(plants: int) -> str:
    return "*" * plants


@workflow
def garden(count: int) -> str:
    return flowers(plants=plants(seeds=seeds(count=count)))


if __name__ == "__main__":
    print(garden(count=1))
    print(seeds.metadata.retries, plants.metadata.interruptible, plants.resources.requests.mem)
