"""What the tests of users say of their tasks; each ``check_`` holds with either SDK."""

import datetime
import typing
from collections import OrderedDict
from dataclasses import dataclass

from sdk import (
    CronSchedule,
    Image,
    ImageConfig,
    LaunchPlan,
    PodTemplate,
    Resources,
    Secret,
    SerializationSettings,
    TaskMetadata,
    conditional,
    dynamic,
    get_serializable,
    kwtypes,
    map_task,
    task,
    workflow,
)

IMAGE = Image(name="default", fqn="example.com/image", tag="v1")
GIVEN = SerializationSettings(
    project="p", domain="d", version="v", env={"FOO": "bar"}, image_config=ImageConfig(default_image=IMAGE, images=[IMAGE])
)


@dataclass
class Row:
    a: int
    b: typing.List[str]


@task(
    requests=Resources(cpu="1", mem="100Mi"),
    limits=Resources(cpu="2"),
    environment={"OWN": "x"},
    retries=2,
    interruptible=True,
    secret_requests=[Secret(group="g", key="k")],
    container_image="{{.image.default}}",
)
def add(a: int, b: int = 2) -> int:
    """Adds.

    :param a: first
    """
    return a + b


@task
def text(a: int) -> typing.NamedTuple("Text", [("said", str), ("length", int)]):
    return str(a), len(str(a))


@task(timeout=60, cache=True, cache_version="1", cache_serialize=True, deprecated="old")
def kept(a: int) -> int:
    return a


@task(pod_template=PodTemplate(primary_container_name="main", labels={"k": "v"}))
def in_pod(row: Row) -> Row:
    return row


@workflow
def flow(a: int, b: str = "x") -> typing.Tuple[int, str]:
    said, length = text(a=add(a=a))
    return length, said


@dynamic
def many(n: int) -> typing.List[int]:
    return [add(a=at) for at in range(n)]


def check_names():
    assert add.name == "user_checks.add"
    assert flow.name == "user_checks.flow"
    assert add.task_type == "python-task"
    assert add.task_function(3, 4) == 7
    assert add.__name__ == "add"
    assert add.__doc__.startswith("Adds.")


def check_calls():
    assert add(a=1) == 3
    assert add(a=1, b=5) == 6
    assert add(1, 2) == 3
    assert text(a=12) == ("12", 2)
    assert text(a=12).said == "12"
    assert flow(a=1) == (1, "3")
    assert in_pod(row=Row(1, ["x"])) == Row(1, ["x"])


def check_wrong_calls():
    for wrong in (lambda: add(a="x"), lambda: add(c=1), lambda: add(a=1, c=2), lambda: flow(a="x"), lambda: text()):
        try:
            wrong()
        except (TypeError, ValueError, AssertionError):
            continue
        raise AssertionError("nobody minded")


def check_interface():
    assert add.python_interface.inputs == {"a": int, "b": int}
    assert add.python_interface.outputs == {"o0": int}
    assert add.python_interface.inputs_with_defaults == {"a": (int, None), "b": (int, 2)}
    assert list(text.python_interface.outputs) == ["said", "length"]
    assert flow.python_interface.inputs_with_defaults["b"] == (str, "x")
    assert add.get_input_types() == {"a": int, "b": int}


def check_metadata():
    metadata = add.metadata
    assert isinstance(metadata, TaskMetadata)
    assert (metadata.retries, metadata.interruptible, metadata.cache) == (2, True, False)
    assert not metadata.timeout
    metadata = kept.metadata
    assert metadata.timeout == datetime.timedelta(seconds=60)
    assert (metadata.cache, metadata.cache_version, metadata.cache_serialize) == (True, "1", True)
    assert (metadata.interruptible, metadata.deprecated) == (None, "old")


def check_resources():
    assert add.resources.requests == Resources(cpu="1", mem="100Mi")
    assert add.resources.limits.cpu == "2"
    assert add.environment == {"OWN": "x"}
    assert add.container_image == "{{.image.default}}"


def check_command():
    words = add.get_command(GIVEN)
    assert words == add.get_default_command(GIVEN)
    assert words[1:5] == ["--inputs", "{{.input}}", "--output-prefix", "{{.outputPrefix}}"]
    assert words[-4:] == ["task-module", "user_checks", "task-name", "add"]


def check_container():
    container = add.get_container(GIVEN)
    assert container.image == "example.com/image:v1"
    assert list(container.args) == add.get_command(GIVEN)
    assert list(container.command) == []
    assert [each.value for each in container.resources.requests] == ["1", "100Mi"]
    assert in_pod.get_container(GIVEN) is None
    assert add.get_image(GIVEN) == "example.com/image:v1"
    assert add.get_k8s_pod(GIVEN) is None


def check_pod():
    pod = in_pod.get_k8s_pod(GIVEN)
    assert dict(pod.metadata.labels) == {"k": "v"}
    assert in_pod.get_config(GIVEN) == {"primary_container_name": "main"}
    assert add.get_config(GIVEN) == {}


def check_nothing_custom():
    assert not add.get_custom(GIVEN)
    assert add.get_sql(GIVEN) is None
    assert add.get_extended_resources(GIVEN) is None


def check_security():
    [secret] = add.security_context.secrets
    assert (secret.group, secret.key) == ("g", "k")


def check_launch_plans():
    plan = LaunchPlan.get_or_create(flow)
    assert plan.name == flow.name
    assert LaunchPlan.get_or_create(flow) is plan
    named = LaunchPlan.get_or_create(flow, name="user_checks.named", default_inputs={"a": 3})
    assert LaunchPlan.get_or_create(flow, name="user_checks.named", default_inputs={"a": 3}) is named
    assert named.workflow is flow
    assert named(b="y") == (1, "5")
    try:
        LaunchPlan.get_or_create(flow, name="user_checks.named", default_inputs={"a": 4})
    except AssertionError:
        pass
    else:
        raise AssertionError("two of one name")
    scheduled = LaunchPlan.get_or_create(
        flow, name="user_checks.cron", fixed_inputs={"a": 1, "b": "z"}, schedule=CronSchedule(schedule="0 1 * * *")
    )
    assert scheduled.schedule is not None
    assert scheduled() == (1, "3")


def check_serializable():
    found = OrderedDict()
    spec = get_serializable(found, GIVEN, add)
    assert spec.template.id.name == "user_checks.add"
    assert list(spec.template.container.args) == add.get_command(GIVEN)
    assert spec.template.container.image == "example.com/image:v1"
    assert spec.template.type == "python-task"
    assert get_serializable(found, GIVEN, flow).template.id.name == "user_checks.flow"
    assert [node.id for node in get_serializable(found, GIVEN, flow).template.nodes] == ["n0", "n1"]
    assert get_serializable(found, GIVEN, LaunchPlan.get_or_create(flow)).id.name == "user_checks.flow"


def check_nodes():
    assert [node.id for node in flow.nodes] == ["n0", "n1"]
    assert flow.interface is not None


def check_dynamic():
    assert many(n=3) == [2, 3, 4]


def check_map():
    assert map_task(add)(a=[1, 2], b=[3, 4]) == [4, 6]


def check_conditional():
    @workflow
    def choose(a: int) -> int:
        return conditional("c").if_(a > 2).then(add(a=a)).else_().then(add(a=a, b=10))

    assert choose(a=1) == 11
    assert choose(a=3) == 5


def check_mistakes_of_declarations():
    def untyped(a):
        return a

    def bad_cache(a: int) -> int:
        return a

    for wrong in (
        lambda: task(untyped),
        lambda: task(bad_cache, cache_serialize=True),
        lambda: task(bad_cache, timeout="1h"),
        lambda: Resources(cpu=("1", "2", "3")),
        lambda: task(bad_cache, resources=Resources(cpu="1"), requests=Resources(cpu="1")),
    ):
        try:
            wrong()
        except Exception:
            continue
        raise AssertionError("nobody minded")


def check_kwtypes():
    assert kwtypes(a=int, b=str) == {"a": int, "b": str}


def check_pods_are_not_shared():
    first, second = in_pod.get_k8s_pod(GIVEN), in_pod.get_k8s_pod(GIVEN)
    assert first is not second
    assert in_pod.pod_template.primary_container_name == "main"
