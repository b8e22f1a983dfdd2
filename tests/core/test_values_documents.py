"""Documentation and references."""

import copy
import pickle
from typing import Any

import hypothesis
import pytest
from flyteidl.admin import description_entity_pb2
from hypothesis import given
from hypothesis import strategies as st

from fletching.documentation import Description, DescriptionFormat, Documentation, SourceCode
from fletching.errors import ConfigError
from fletching.reference import LaunchPlanReference, Reference, ResourceType, TaskReference, WorkflowReference
from fletching.wirevalue import WireValue


def test_the_wire_form_is_flytekits() -> None:
    # Written by flytekit 1.16.31 for the same documentation.
    full = Documentation("s", Description("v", icon_link="i"), SourceCode("l"))
    assert full.serialize_to_string().hex() == "1201731a080a0176180322016922030a016c"
    assert Documentation(long_description=Description()).serialize_to_string().hex() == "1a021803"


def test_texts_and_emptiness() -> None:
    documentation = Documentation("hi", Description("v"))
    assert documentation.short_string() == (
        'Documentation:\n  short_description: "hi"\n  long_description {\n    value: "v"\n'
        "    format: DESCRIPTION_FORMAT_RST\n  }"
    )
    assert documentation.verbose_string() == (
        'short_description: "hi"\nlong_description {\n  value: "v"\n  format: DESCRIPTION_FORMAT_RST\n}\n'
    )
    assert not documentation.is_empty
    assert Documentation().is_empty
    assert Documentation().short_string() == "Documentation:"
    with pytest.raises(NotImplementedError):
        WireValue().to_flyte_idl()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Documentation(1), "Documentation: short_description is 1, expected a str or None"),  # type: ignore[arg-type]
        (
            lambda: Documentation(long_description="x"),  # type: ignore[arg-type]
            "Documentation: long_description is 'x', expected a Description or None",
        ),
        (
            lambda: Documentation(source_code="x"),  # type: ignore[arg-type]
            "Documentation: source_code is 'x', expected a SourceCode or None",
        ),
        (lambda: SourceCode(1), "SourceCode: link is 1, expected a str or None"),  # type: ignore[arg-type]
        (lambda: Description(1), "Description: value is 1, expected a str or None"),  # type: ignore[arg-type]
        (
            lambda: Description("v", "u"),
            "Description: uri is 'u', expected None because value is given; a description is text or a place, not both",
        ),
        (
            lambda: Description(format=7),  # type: ignore[arg-type]
            (
                "Description: format is 7, expected DescriptionFormat.UNKNOWN, DescriptionFormat.MARKDOWN,"
                " DescriptionFormat.HTML, DescriptionFormat.RST"
            ),
        ),
        (lambda: TaskReference("p", "d", "", "v"), "TaskReference: name is '', expected a non-empty str"),
        (lambda: TaskReference("p", "d", "n", None), "TaskReference: version is None, expected a non-empty str"),  # type: ignore[arg-type]
    ],
)
def test_every_field_is_checked(make: Any, text: str) -> None:
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == text
    assert isinstance(caught.value, ConfigError)


def test_the_formats_are_found_at_the_class_too() -> None:
    assert Description("text", format=Description.DescriptionFormat.HTML).format is DescriptionFormat.HTML


words = st.text(min_size=1, max_size=8)
optional = st.none() | words
descriptions = st.builds(Description, optional, st.none(), optional, st.sampled_from(DescriptionFormat)) | st.builds(
    Description, st.none(), optional, optional, st.sampled_from(DescriptionFormat)
)
documents = st.builds(Documentation, optional, st.none() | descriptions, st.none() | st.builds(SourceCode, optional))


@hypothesis.settings(deadline=None)
@given(documents)
def test_law_documentation_survives_the_wire(value: Documentation) -> None:
    message = description_entity_pb2.DescriptionEntity.FromString(value.serialize_to_string())
    assert Documentation.from_flyte_idl(message) == value
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    assert hash(copy.copy(value)) == hash(value)


@pytest.mark.parametrize(
    ("kind", "resource_type", "golden"),
    [
        # Written by flytekit 1.16.31.
        (TaskReference, ResourceType.TASK, "08011201701a016422016e2a0176"),
        (WorkflowReference, ResourceType.WORKFLOW, "08021201701a016422016e2a0176"),
        (LaunchPlanReference, ResourceType.LAUNCH_PLAN, "08031201701a016422016e2a0176"),
    ],
)
def test_references_are_flytekits(kind: type[Reference], resource_type: ResourceType, golden: str) -> None:
    reference = kind("p", "d", "n", "v")
    assert reference.resource_type == resource_type
    assert reference.id.SerializeToString(deterministic=True).hex() == golden
    assert reference == kind("p", "d", "n", "v")
    assert reference != kind("p", "d", "n", "w")
    assert repr(reference) == f"{kind.__name__}(project='p', domain='d', name='n', version='v')"
    first = reference.id
    first.name = "changed"
    assert reference.id.name == "n"
    assert reference != Reference("p", "d", "n", "v")
