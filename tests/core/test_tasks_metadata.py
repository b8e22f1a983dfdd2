"""No field of TaskMetadata is ignored."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from fletching import TaskMetadata

ON_THE_WIRE: dict[str, tuple[Any, Any]] = {
    "cache": ({"cache": True, "cache_version": "7"}, lambda wire: wire.discoverable is True),
    "cache_serialize": (
        {"cache": True, "cache_version": "7", "cache_serialize": True},
        lambda wire: wire.cache_serializable is True,
    ),
    "cache_version": ({"cache": True, "cache_version": "7"}, lambda wire: wire.discovery_version == "7"),
    "cache_ignore_input_vars": (
        {"cache": True, "cache_version": "7", "cache_ignore_input_vars": ("a",)},
        lambda wire: list(wire.cache_ignore_input_vars) == ["a"],
    ),
    "interruptible": ({"interruptible": False}, lambda wire: wire.WhichOneof("interruptible_value") is not None),
    "deprecated": ({"deprecated": "old"}, lambda wire: wire.deprecated_error_message == "old"),
    "retries": ({"retries": 3}, lambda wire: wire.retries.retries == 3),
    "timeout": ({"timeout": 9}, lambda wire: wire.timeout.seconds == 9),
    "pod_template_name": ({"pod_template_name": "p"}, lambda wire: wire.pod_template_name == "p"),
    "generates_deck": ({"generates_deck": True}, lambda wire: wire.generates_deck.value is True),
    "is_eager": ({"is_eager": True}, lambda wire: wire.is_eager is True),
    "labels": ({"labels": {"k": "v"}}, lambda wire: dict(wire.metadata.labels) == {"k": "v"}),
    "annotations": ({"annotations": {"k": "v"}}, lambda wire: dict(wire.metadata.annotations) == {"k": "v"}),
}
"""Each field with a value that is not its default, and how it shows in what a backend is told."""

HERE = {
    "cache": "test_tasks_cache.test_the_shape_of_a_cached_result_is_that_of_a_fresh_one",
    "cache_serialize": "test_tasks_cache.test_serialized_calls_run_exactly_once_across_threads",
    "cache_version": "test_tasks_cache.test_what_belongs_to_the_key",
    "cache_ignore_input_vars": "test_tasks_cache.test_what_belongs_to_the_key",
    "deprecated": "test_tasks_around.test_calling_a_deprecated_task_warns_at_the_call",
    "retries": "test_tasks_attempts.test_a_failed_attempt_is_repeated_with_fresh_inputs",
    "timeout": "test_tasks_attempts.test_a_timeout_stops_the_work_for_good",
}
"""The fields that change what a call in this process does, and the test that would notice if one did not."""

BACKEND_ONLY = {"interruptible", "pod_template_name", "labels", "annotations", "generates_deck", "is_eager"}
"""What describes a machine, a pod or a page that a call in this process does not have."""


@pytest.mark.parametrize("field", [field.name for field in fields(TaskMetadata)])
def test_no_field_of_the_metadata_is_ignored(field: str) -> None:
    options, shows = ON_THE_WIRE[field]
    plain, changed = TaskMetadata().to_taskmetadata_model(), TaskMetadata(**options).to_taskmetadata_model()
    assert shows(changed)
    assert not shows(plain)
    assert (field in HERE) != (field in BACKEND_ONLY)
    if field in HERE:
        module, _, test = HERE[field].partition(".")
        assert f"def {test}(" in (Path(__file__).parent / f"{module}.py").read_text()
