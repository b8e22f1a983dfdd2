"""Secrets in every way they are mounted."""

from sdk import Secret, task


@task(
    secret_requests=[
        Secret(group="g", key="k", mount_requirement=Secret.MountType.FILE),
        Secret(group="g2", env_var="TOKEN", mount_requirement=Secret.MountType.ENV_VAR),
        Secret(group="g3", key="k3", group_version="v3"),
        Secret(group="g4", env_var="PATH_OF_IT", mount_requirement=Secret.MountType.FILE),
        Secret(group="only-group"),
    ]
)
def secretive(a: int) -> int:
    return a


@task(secret_requests=[])
def has_none(a: int) -> int:
    return a
