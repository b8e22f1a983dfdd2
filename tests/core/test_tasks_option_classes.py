"""Options that take an object of one class refuse another, where the task is defined."""

from __future__ import annotations

from typing import Any

import pytest

from fletching import Documentation, PodTemplate, PythonTask, Secret, SecurityContext, task
from fletching.errors import ConfigError, UnknownOptionError


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("pod_template", "gpu-pod", "pod_template must be a PodTemplate, got an object of 'str'"),
        ("docs", "Adds.", "docs must be a Documentation, got an object of 'str'"),
    ],
)
def test_an_option_of_the_wrong_class(option: str, value: Any, expected: str) -> None:
    def add(a: int) -> int:
        return a

    with pytest.raises(ConfigError) as caught:
        task(**{option: value})(add)
    assert str(caught.value) == f"task '{__name__}.add': {expected}"


def test_a_config_class_in_the_place_of_a_config() -> None:
    class Pod:
        task_type = "sidecar"

    with pytest.raises(ConfigError) as caught:
        task(task_config=Pod)(lambda: None)
    assert str(caught.value) == "task_config got the class 'Pod' itself; pass an instance: Pod(...)"


def test_what_was_given_in_the_place_of_secrets_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        PythonTask("odd", "t", security_ctx="hunter2")  # type: ignore[arg-type]
    assert str(caught.value) == "task 't': security_ctx must be a SecurityContext, got an object of 'str'"


def test_the_right_classes_are_taken() -> None:
    secrets = SecurityContext(secrets=[Secret(group="g")])
    made: PythonTask[None] = PythonTask("odd", "t", security_ctx=secrets, docs=Documentation(short_description="Odd."))
    assert made.security_context == secrets
    assert made.docs is not None
    assert made.docs.short_description == "Odd."

    @task(pod_template=PodTemplate(primary_container_name="main"))
    def add(a: int) -> int:
        return a

    assert add.pod_template == PodTemplate(primary_container_name="main")


def test_an_option_of_the_decorator_belongs_into_the_metadata_of_a_class() -> None:
    with pytest.raises(UnknownOptionError) as caught:
        PythonTask("odd", "t", retries=3)
    assert str(caught.value) == (
        "task 't': unknown option 'retries'; it is part of metadata: metadata=TaskMetadata(retries=...)"
    )
