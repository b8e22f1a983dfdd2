"""What a backend is told about a launch plan, as values."""

from __future__ import annotations

from typing import Any

import pytest
from flyteidl.admin.common_pb2 import Notification as WireNotification

from fletching import (
    Annotations,
    AuthRole,
    ConcurrencyPolicy,
    Email,
    Labels,
    LaunchPlan,
    PagerDuty,
    RawOutputDataConfig,
    SerializationSettings,
    Slack,
    WorkflowExecutionPhase,
    workflow,
)
from fletching.errors import ConfigError
from fletching.extend import serialize


@workflow
def nothing(a: int) -> int:
    return a


def written(**options: Any) -> Any:
    plan = LaunchPlan("plan", nothing, **options)
    return serialize([plan], SerializationSettings(None)).find("launch_plan", "plan").message.spec


def test_who_hears_of_it_is_written_as_given() -> None:
    ends = [WorkflowExecutionPhase.FAILED, WorkflowExecutionPhase.ABORTED]
    given = [kind(phases=ends, recipients_email=["a@example.com"]) for kind in (Email, Slack, PagerDuty)]
    told = written(notifications=given).entity_metadata.notifications
    assert [each.WhichOneof("type") for each in told] == ["email", "slack", "pager_duty"]
    assert all(list(each.phases) == [6, 7] for each in told)
    assert isinstance(given[0].to_flyte_idl(), WireNotification)
    assert given[0] == Email(ends, ["a@example.com"]) != given[1]


def test_plain_data_and_values_say_the_same() -> None:
    values = written(labels=Labels({"k": "v"}), annotations=Annotations({"n": "w"}))
    assert values == written(labels={"k": "v"}, annotations={"n": "w"})
    placed = written(raw_output_data_config=RawOutputDataConfig("s3://bucket"))
    assert placed == written(raw_output_data_config="s3://bucket")


def test_a_role_of_old_programs_is_an_identity() -> None:
    spec = written(auth_role=AuthRole("role", "account"))
    assert (spec.security_context.run_as.iam_role, spec.security_context.run_as.k8s_service_account) == (
        "role",
        "account",
    )


def test_how_many_at_once() -> None:
    assert written(concurrency=ConcurrencyPolicy(2)).concurrency_policy.max == 2


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Email(phases=[], recipients_email=["a"]), "phases is"),
        (lambda: Email(phases=[WorkflowExecutionPhase.RUNNING], recipients_email=["a"]), "SUCCEEDED"),
        (lambda: Slack(phases=[WorkflowExecutionPhase.FAILED], recipients_email="a@b"), "recipients_email is 'a@b'"),
        (lambda: PagerDuty(phases=[WorkflowExecutionPhase.FAILED], recipients_email=[" "]), "recipients_email"),
        (lambda: ConcurrencyPolicy(0), "max_concurrency is 0"),
        (lambda: ConcurrencyPolicy(2**31), "max_concurrency is 2147483648"),
        (lambda: ConcurrencyPolicy(1, 7), "ConcurrencyLimitBehavior.SKIP"),  # type: ignore[arg-type]
        (lambda: Labels({"k": 1}), "Labels: values"),  # type: ignore[dict-item]
    ],
)
def test_what_is_none_is_refused(make: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        make()
