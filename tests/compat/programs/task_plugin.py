"""A task type of the user's own."""

from dataclasses import dataclass

from sdk import PythonFunctionTask, SerializationSettings, TaskPlugins, task, workflow


@dataclass
class Cluster:
    workers: int
    size: str = "small"


class ClusterTask(PythonFunctionTask):
    def __init__(self, task_config, task_function, **kwargs):
        super().__init__(task_config, task_function, task_type="own-cluster", task_type_version=3, **kwargs)

    def get_custom(self, settings: SerializationSettings):
        return {
            "workers": self.task_config.workers,
            "size": self.task_config.size,
            "nested": {"list": [1, 2.5, "x", None, True], "image": settings.image_config.default_image.full},
        }

    def get_config(self, settings: SerializationSettings):
        return {"key": "value"}


TaskPlugins.register_pythontask_plugin(Cluster, ClusterTask)


@task(task_config=Cluster(3), retries=1)
def on_cluster(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    return on_cluster(a=a).with_overrides(retries=2)
