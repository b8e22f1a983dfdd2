"""Settings that only a cluster acts on: PodTemplate, environment, container image, timeout, labels of resources."""

import datetime
import os

from flytekit import PodTemplate, Resources, task, workflow
from flytekit.core.resources import Resources as SameResources


@task(
    container_image="ghcr.io/example/ships:1.4",
    environment={"HARBOUR": "north"},
    timeout=datetime.timedelta(minutes=5),
    requests=Resources(cpu="500m", mem="300Mi", ephemeral_storage="1Gi"),
    limits=SameResources(cpu="1", mem="1Gi"),
    pod_template=PodTemplate(primary_container_name="primary", labels={"team": "ships"}, annotations={"cost": "12"}),
    interruptible=True,
    deprecated="",
    docs=None,
)
def arrivals(count: int) -> int:
    return count * 2


@task(pod_template_name="large", enable_deck=False)
def departures(count: int) -> int:
    return count + len(os.environ.get("NOT_SET_ANYWHERE", ""))


@workflow
def traffic(count: int) -> (int, int):
    return arrivals(count=count), departures(count=count)


if __name__ == "__main__":
    print(*traffic(count=4))
    print(arrivals.metadata.interruptible, arrivals.metadata.timeout, arrivals.metadata.retries)
    print(arrivals.resources.requests.mem, arrivals.resources.limits.cpu, arrivals.environment)
    print(arrivals.container_image)
