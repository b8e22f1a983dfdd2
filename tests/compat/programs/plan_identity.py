"""As whom a launch plan runs."""

from sdk import AuthRole, Identity, LaunchPlan, SecurityContext, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(a: int = 1) -> int:
    return inc(a=a)


as_account = LaunchPlan.get_or_create(
    flow,
    name="plan.as_account",
    security_context=SecurityContext(run_as=Identity(iam_role="role", k8s_service_account="account")),
)
as_role = LaunchPlan.get_or_create(
    flow, name="plan.as_role", auth_role=AuthRole(assumable_iam_role="role", kubernetes_service_account="account")
)
