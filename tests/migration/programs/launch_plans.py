"""Scheduled reports: launch plans with defaults, fixed inputs, cron and fixed rate, notifications and labels."""

from datetime import datetime, timedelta

from flytekit import Annotations, CronSchedule, Email, FixedRate, Labels, LaunchPlan, PagerDuty, Slack, task, workflow
from flytekit.models.core.execution import WorkflowExecutionPhase


@task
def render(region: str, day: datetime, copies: int) -> str:
    return f"{region}/{day:%Y-%m-%d} x{copies}"


@workflow
def report(region: str, day: datetime, copies: int = 1) -> str:
    return render(region=region, day=day, copies=copies)


default = LaunchPlan.get_or_create(workflow=report)
options = dict(
    name="nightly_report",
    default_inputs={"copies": 2},
    fixed_inputs={"region": "north"},
    schedule=CronSchedule(schedule="30 2 * * *", kickoff_time_input_arg="day"),
    notifications=[
        Email(phases=[WorkflowExecutionPhase.FAILED], recipients_email=["ops@example.org"]),
        Slack(phases=[WorkflowExecutionPhase.SUCCEEDED], recipients_email=["room@example.org"]),
        PagerDuty(phases=[WorkflowExecutionPhase.TIMED_OUT], recipients_email=["duty@example.org"]),
    ],
    labels=Labels({"team": "reports"}),
    annotations=Annotations({"cost": "low"}),
    max_parallelism=4,
)
nightly = LaunchPlan.get_or_create(workflow=report, **options)
hourly = LaunchPlan.create(
    "hourly_report", report, fixed_inputs={"region": "south", "copies": 1}, schedule=FixedRate(timedelta(hours=1))
)


@workflow
def both(day: datetime) -> (str, str):
    return nightly(day=day), hourly(day=day)


if __name__ == "__main__":
    day = datetime(2024, 5, 17)
    print(default(region="west", day=day), nightly(day=day), nightly(day=day, copies=9))
    print(*both(day=day))
    print(nightly.name, hourly.name, default.workflow.name == report.name)
    print(LaunchPlan.get_or_create(workflow=report, **options) is nightly)
