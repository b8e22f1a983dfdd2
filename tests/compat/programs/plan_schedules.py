"""When launch plans run."""

import datetime

from sdk import CronSchedule, FixedRate, LaunchPlan, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(when: datetime.datetime, a: int = 1) -> int:
    return inc(a=a)


@workflow
def plain(a: int = 1) -> int:
    return inc(a=a)


cron = LaunchPlan.get_or_create(plain, name="plan.cron", schedule=CronSchedule(schedule="0 8 * * *"))
alias = LaunchPlan.get_or_create(
    flow, name="plan.alias", schedule=CronSchedule(schedule="hourly", kickoff_time_input_arg="when")
)
at_alias = LaunchPlan.get_or_create(plain, name="plan.at_alias", schedule=CronSchedule(schedule="@daily"))
minutes = LaunchPlan.get_or_create(
    flow,
    name="plan.minutes",
    schedule=FixedRate(datetime.timedelta(minutes=10), kickoff_time_input_arg="when"),
    auto_activate=True,
)
hours = LaunchPlan.get_or_create(plain, name="plan.hours", schedule=FixedRate(datetime.timedelta(hours=3)))
days = LaunchPlan.get_or_create(plain, name="plan.days", schedule=FixedRate(duration=datetime.timedelta(days=2)))
