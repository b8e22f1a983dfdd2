"""What is read from the wire: specs from bytes, values from messages, and the call form that programs know."""

from __future__ import annotations

import datetime
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching import (
    Annotations,
    AuthRole,
    ConcurrencyLimitBehavior,
    ConcurrencyPolicy,
    CronSchedule,
    Email,
    FixedRate,
    Image,
    ImageConfig,
    Labels,
    LaunchPlan,
    LaunchPlanReference,
    OnSchedule,
    Options,
    PagerDuty,
    RawOutputDataConfig,
    SerializationSettings,
    Slack,
    TaskReference,
    WorkflowExecutionPhase,
    WorkflowReference,
    dynamic,
    reference_task,
    task,
    workflow,
)
from fletching.documentation import Description, Documentation, SourceCode
from fletching.errors import ConfigError, UnknownTaskTypeError, WireError
from fletching.extend import (
    class_of_template,
    dynamic_job,
    get_serializable,
    read_wire,
    serialize,
)
from fletching.notifications import Notification
from fletching.reference import Reference
from fletching.security import Identity, Secret, SecurityContext

SETTINGS = SerializationSettings(ImageConfig(Image("default", "example.com/image", "v1")), "p", "d", "v")
TEXT = st.text("abcxyz-./", min_size=1, max_size=8)
SOME = st.none() | TEXT
ENDS = st.lists(st.sampled_from([4, 6, 7, 8]), min_size=1, max_size=4).map(tuple)
PEOPLE = st.lists(TEXT, min_size=1, max_size=3).map(tuple)
IDENTITIES = st.builds(Identity, SOME, SOME, SOME)
SECRETS = st.builds(
    Secret, TEXT, SOME, SOME, st.sampled_from(list(Secret.MountType)), st.none() | st.sampled_from(["A", "B_1"])
)
VALUES = st.one_of(
    st.builds(Labels, st.dictionaries(TEXT, TEXT)),
    st.builds(Annotations, st.dictionaries(TEXT, TEXT)),
    st.builds(RawOutputDataConfig, TEXT),
    st.builds(AuthRole, SOME, SOME),
    st.builds(ConcurrencyPolicy, st.integers(1, 2**31 - 1)),
    *(st.builds(kind, ENDS, PEOPLE) for kind in (Email, Slack, PagerDuty)),
    st.builds(
        CronSchedule,
        schedule=st.sampled_from(["hourly", "0 8 * * *"]),
        offset=st.sampled_from([None, "PT30M", "P1DT2H"]),
        kickoff_time_input_arg=SOME,
    ),
    st.builds(FixedRate, st.integers(1, 10_000).map(lambda count: datetime.timedelta(minutes=count)), SOME),
    *(st.builds(kind, *[TEXT] * 4) for kind in (TaskReference, WorkflowReference, LaunchPlanReference)),
    IDENTITIES,
    SECRETS,
    st.builds(SecurityContext, st.none() | IDENTITIES, st.none() | st.lists(SECRETS, min_size=1, max_size=2)),
    st.builds(Documentation, SOME, st.none() | st.builds(Description, TEXT), st.none() | st.builds(SourceCode, TEXT)),
)


@given(VALUES)
def test_a_value_is_the_same_after_a_way_over_the_wire(value: Any) -> None:
    kind = type(value)
    message = value.to_flyte_idl()
    again = kind.from_flyte_idl(type(message).FromString(message.SerializeToString()))
    assert again == value
    assert hash(again) == hash(value)


def test_notifications_are_read_as_what_they_are() -> None:
    made = Email([WorkflowExecutionPhase.FAILED], ["a@b.c"])
    assert Notification.from_flyte_idl(made.to_flyte_idl()) == made
    with pytest.raises(WireError, match="the message of a notification says 'email', and is read as Slack"):
        Slack.from_flyte_idl(made.to_flyte_idl())
    assert Reference.from_flyte_idl(there.id) == there.reference
    with pytest.raises(WireError, match="an identifier of resource type 1 is read as WorkflowReference"):
        WorkflowReference.from_flyte_idl(there.id)
    with pytest.raises(WireError, match="says 'rate', and is read as 'cron_schedule'"):
        CronSchedule.from_flyte_idl(FixedRate(datetime.timedelta(hours=1)).to_flyte_idl())


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Email([WorkflowExecutionPhase.RUNNING], ["a"]), r"phases is .*expected a list of one or more of"),
        (lambda: Email([], ["a"]), "phases is"),
        (lambda: Email([6], []), "recipients_email is"),
        (lambda: Slack([6], "a"), "recipients_email is 'a'"),
        (lambda: Labels(None), "Labels: values is None"),  # type: ignore[arg-type]
        (lambda: Annotations({"a": 1}), r"values\['a'\] is 1"),  # type: ignore[dict-item]
        (lambda: ConcurrencyPolicy(0), "max_concurrency is 0, expected a number from 1 to"),
        (lambda: ConcurrencyPolicy(1, 7), "behavior is 7, expected ConcurrencyLimitBehavior.SKIP"),  # type: ignore[arg-type]
        (lambda: OnSchedule("hourly"), "schedule is 'hourly', expected a CronSchedule"),  # type: ignore[arg-type]
        (lambda: Options(max_parallelism=-1), "max_parallelism is -1"),
        (lambda: Options(notifications="me"), "notifications is 'me'"),  # type: ignore[arg-type]
        (lambda: Options(security_context="me"), "security_context is 'me'"),  # type: ignore[arg-type]
    ],
)
def test_values_check_themselves(make: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        make()


def test_options_take_plain_data() -> None:
    made = Options({"a": "b"}, raw_output_data_config="s3://x", notifications=[])
    assert (made.labels, made.raw_output_data_config) == (Labels({"a": "b"}), RawOutputDataConfig("s3://x"))
    assert made.given() == {
        "labels": made.labels,
        "raw_output_data_config": made.raw_output_data_config,
        "notifications": (),
    }
    assert ConcurrencyPolicy(1, None).behavior is ConcurrencyLimitBehavior.SKIP  # type: ignore[arg-type]


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(a: int) -> int:
    return inc(a=inc(a=a))


@dynamic
def fan(a: int) -> list[int]:
    return [inc(a=each) for each in range(a)]


@reference_task(project="p", domain="d", name="there", version="v")
def there(a: int) -> int: ...  # type: ignore[empty-body]


plan = LaunchPlan("read plan", flow, trigger=OnSchedule(CronSchedule(schedule="hourly")))


def written() -> dict[str, bytes]:
    made = serialize([plan], SETTINGS).entities
    found = {each.kind: each.to_bytes() for each in made}
    found["task_template"] = made[0].message.template.SerializeToString()
    job: Any = dynamic_job(fan.compile_into_workflow(None, fan.task_function, a=2), SETTINGS)
    found["dynamic_job"] = job.SerializeToString()
    return found


def test_a_trigger_is_a_schedule() -> None:
    message = serialize([plan], SETTINGS).entities[-1].message
    assert message.spec.entity_metadata.schedule.cron_schedule.schedule == "hourly"
    with pytest.raises(ConfigError, match="schedule and trigger both say when it runs"):
        LaunchPlan(
            "two", flow, schedule=CronSchedule(schedule="daily"), trigger=OnSchedule(CronSchedule(schedule="hourly"))
        )


def test_what_was_written_is_read() -> None:
    for kind, data in written().items():
        assert read_wire(kind, data).SerializeToString(deterministic=True) == type(read_wire(kind, data)).FromString(
            data
        ).SerializeToString(deterministic=True)


@given(st.data())
def test_cut_off_bytes_give_a_message_or_say_what_is_wrong(data: Any) -> None:
    kind, whole = data.draw(st.sampled_from(sorted(written().items())))
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        read_wire(kind, cut, "s3://x")
    except WireError as error:
        assert str(error).startswith("s3://x: no ")  # noqa: PT017 - what may come out is either


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("task", b"", "it has no name: the bytes are cut off, or hold another kind of message"),
        ("task", b"\xff\xff", "none of protobuf"),
        ("workflow", b"", "it has no name"),
        ("launch_plan", b"", "it has no name"),
        ("error", b"", "it tells no error"),
        ("literals", b"\n\x05\n\x01a\x12\x00", "'a' has no value"),
    ],
)
def test_what_is_something_else(kind: str, data: bytes, told: str) -> None:
    with pytest.raises(WireError, match=told):
        read_wire(kind, data)
    with pytest.raises(ConfigError, match="did you mean 'task'"):
        read_wire("tasks", data)


def test_the_parts_of_a_spec_are_looked_at() -> None:
    from flyteidl.admin.task_pb2 import TaskSpec
    from flyteidl.admin.workflow_pb2 import WorkflowSpec

    found = written()
    spec = TaskSpec.FromString(found["task"])
    spec.template.type = ""
    with pytest.raises(WireError, match=r"task '.*inc' has no type"):
        read_wire("task", spec.SerializeToString())
    wf = WorkflowSpec.FromString(found["workflow"])
    wf.template.nodes[1].ClearField("task_node")
    with pytest.raises(WireError, match=r"node 'n1' of workflow '.*flow' calls nothing"):
        read_wire("workflow", wf.SerializeToString())


def test_a_task_type_that_nobody_knows_says_what_to_install() -> None:
    template = read_wire("task", written()["task"]).template
    assert class_of_template(template) is None
    template.type = "pytorch"
    with pytest.raises(UnknownTaskTypeError, match=r"task '.*inc' of a backend: .*pip install fletching-accelerator"):
        class_of_template(template)


def test_the_call_form_of_programs() -> None:
    found: OrderedDict[Any, Any] = OrderedDict()
    spec = get_serializable(found, SETTINGS, flow)
    assert [each.short_name for each in found] == ["inc", "flow"]
    assert spec.template.nodes[0].task_node.reference_id == found[inc].template.id
    assert get_serializable(found, SETTINGS, inc) is found[inc]
    assert get_serializable(found, SETTINGS, there) == there.id
    message = get_serializable(OrderedDict(), SETTINGS, plan, Options({"a": "b"}))
    assert dict(message.spec.labels.values) == {"a": "b"}
