"""``fletch render x.pb``: every message that a file of the wire may hold, and every way it may be broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from fletching.cli.render_wire import TYPES, read_wire
from fletching.errors import SerializationError
from rendering import Renderer

FLOW = """
from fletching import task, workflow

@task
def t(a: int) -> int:
    return a

@workflow
def wf(a: int) -> int:
    return t(a=a)
"""


@pytest.fixture
def fletch(fletch: Renderer) -> Renderer:
    fletch.write("flow.py", FLOW)
    assert fletch("package", "flow.py", "-o", "out").status == 0
    return fletch


def literals(**values: int) -> LiteralMap:
    made = LiteralMap()
    for name, value in values.items():
        made.literals[name].scalar.primitive.integer = value
    return made


def error_document() -> ErrorDocument:
    return ErrorDocument(error=ContainerError(code="USER", message="it broke", kind=ContainerError.NON_RECOVERABLE))


def dynamic_job(fletch: Renderer) -> DynamicJobSpec:
    tasks = TaskSpec.FromString((fletch.folder / "out" / "0_flow.t_1.pb").read_bytes())
    made = DynamicJobSpec(min_successes=1)
    made.tasks.append(tasks.template)
    made.nodes.add(id="dn0").task_node.reference_id.CopyFrom(tasks.template.id)
    return made


def test_the_type_is_found_from_the_name_and_from_what_the_file_says(fletch: Renderer) -> None:
    out = fletch.folder / "out"
    messages: dict[str, Any] = {
        "task": TaskSpec.FromString((out / "0_flow.t_1.pb").read_bytes()),
        "workflow": WorkflowSpec.FromString((out / "1_flow.wf_2.pb").read_bytes()),
        "launchPlan": LaunchPlan.FromString((out / "2_flow.wf_3.pb").read_bytes()),
        "LiteralMap": literals(a=3),
        "ErrorDocument": error_document(),
        "DynamicJobSpec": dynamic_job(fletch),
    }
    for kind, message in messages.items():
        (fletch.folder / "some.pb").write_bytes(message.SerializeToString())
        (part,) = fletch("render", "some.pb").data
        ((found, data),) = part.items()
        assert found == kind
        assert ParseDict(data, type(message)()) == message
    for name, kind in (
        ("inputs", "LiteralMap"),
        ("outputs", "LiteralMap"),
        ("error", "ErrorDocument"),
        ("futures", "DynamicJobSpec"),
    ):
        (fletch.folder / f"{name}.pb").write_bytes(messages[kind].SerializeToString())
        assert list(fletch("render", f"{name}.pb").data[0]) == [kind]
    (fletch.folder / "inputs.pb").write_bytes(b"")
    assert fletch("render", "inputs.pb").data == [{"LiteralMap": {}}]


def test_a_folder_and_an_archive_of_a_package_are_what_was_packaged(fletch: Renderer) -> None:
    assert fletch("package", "flow.py", "-o", "out.tgz").status == 0
    whole = fletch("render", "flow.py").data
    assert fletch("render", "out").data == whole
    assert fletch("render", "out.tgz").data == whole
    assert fletch("render", "out.tgz", "t").data == whole[:1]
    assert fletch("render", "out.tgz", "--workflow").data == whole[1:2]
    assert fletch("render", "out.tgz", "u").status == 2


def test_a_type_may_be_named(fletch: Renderer) -> None:
    literal = Literal()
    literal.scalar.primitive.string_value = "x"
    (fletch.folder / "some.pb").write_bytes(literal.SerializeToString())
    assert fletch("render", "some.pb", "--as", "literal").data == [
        {"Literal": {"scalar": {"primitive": {"stringValue": "x"}}}}
    ]
    refused = fletch("render", "some.pb", "--as", "taskspec")
    assert refused.status == 1
    assert "some.pb" in refused.err
    assert "no readable TaskSpec" in refused.err


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"\xff" * 40, b"plain text", b"PK\x03\x04"])
def test_what_is_no_message_is_told(data: bytes, fletch: Renderer) -> None:
    (fletch.folder / "some.pb").write_bytes(data)
    printed = fletch("render", "some.pb")
    assert (printed.status, printed.out) == (1, "")
    assert "error: 'some.pb'" in printed.err
    assert "--as" in printed.err


def test_every_truncated_file_is_told_or_is_a_message_by_itself(fletch: Renderer, tmp_path: Path) -> None:
    whole = (fletch.folder / "out" / "0_flow.t_1.pb").read_bytes()
    file = tmp_path / "0_flow.t_1.pb"
    messages = []
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        try:
            (part,) = read_wire(str(file))
        except SerializationError as error:
            messages.append(str(error))
        else:
            assert part.message.template.id.name == "flow.t"
    assert len(messages) > len(whole) * 0.9
    assert all("truncated" in each for each in messages)
    archive = tmp_path / "out.tgz"
    assert fletch("package", "flow.py", "-o", str(archive)).status == 0
    archive.write_bytes(archive.read_bytes()[:100])
    printed = fletch("render", str(archive))
    assert printed.status == 1
    assert "cannot be read as an archive of protobufs" in printed.err


@given(st.binary(max_size=200), st.sampled_from([None, *TYPES]))
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes, kind: str | None) -> None:
    file = tmp_path_factory.getbasetemp() / "any.pb"
    file.write_bytes(data)
    try:
        (part,) = read_wire(str(file), kind)
    except SerializationError:
        return
    assert type(part.message).FromString(data) == part.message
