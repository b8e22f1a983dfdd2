"""More of the programs: what a backend is told about a launch plan."""

import typing

lp_email = sdk.LaunchPlan.create(
    "lp_email",
    wf_default,
    notifications=[
        sdk.Email([sdk.WorkflowExecutionPhase.FAILED, sdk.WorkflowExecutionPhase.SUCCEEDED], ["a@b.c", "d@b.c"]),
        sdk.Slack([sdk.WorkflowExecutionPhase.FAILED], ["s@b.c"]),
        sdk.PagerDuty([sdk.WorkflowExecutionPhase.ABORTED, sdk.WorkflowExecutionPhase.TIMED_OUT], ["p@b.c"]),
    ],
)
lp_labels = sdk.LaunchPlan.create(
    "lp_labels",
    wf_default,
    labels=sdk.Labels({"team": "a", "more": "b"}),
    annotations=sdk.Annotations({"note": "c"}),
    raw_output_data_config=sdk.RawOutputDataConfig("s3://bucket/raw"),
)
lp_role = sdk.LaunchPlan.create("lp_role", wf_default, auth_role=sdk.AuthRole("arn:role", "account"))
lp_account = sdk.LaunchPlan.create(
    "lp_account", wf_default, auth_role=sdk.AuthRole(kubernetes_service_account="account")
)
lp_security = sdk.LaunchPlan.create(
    "lp_security",
    wf_default,
    security_context=sdk.SecurityContext(
        run_as=sdk.Identity(iam_role="arn:role", k8s_service_account="account"),
        secrets=[
            sdk.Secret("group", "key"),
            sdk.Secret("group", "key", "v2", sdk.Secret.MountType.FILE),
            sdk.Secret("other", group_version="3", mount_requirement=sdk.Secret.MountType.ENV_VAR, env_var="NAME"),
        ],
    ),
)
lp_one_at_a_time = sdk.LaunchPlan.create(
    "lp_one_at_a_time",
    wf_default,
    concurrency=sdk.ConcurrencyPolicy(max_concurrency=1, behavior=sdk.ConcurrencyLimitBehavior.SKIP),
)
lp_everything = sdk.LaunchPlan.get_or_create(
    wf_default,
    "lp_everything",
    {"a": 7},
    {"b": "y"},
    sdk.CronSchedule(schedule="*/5 8-17 * * mon-fri", offset="PT10M"),
    labels=sdk.Labels({}),
    max_parallelism=3,
    overwrite_cache=True,
    auto_activate=True,
)

OPTIONS = {
    "lp_default": sdk.Options(),
    "lp_labels": sdk.Options(labels=sdk.Labels({"own": "not"}), max_parallelism=9),
    "lp_email": sdk.Options(notifications=[sdk.Email([sdk.WorkflowExecutionPhase.FAILED], ["x@b.c"])]),
    "lp_security": sdk.Options.default_from("other-account", "s3://bucket/other"),
    "lp_role": sdk.Options(security_context=sdk.SecurityContext(secrets=[sdk.Secret("g", "k")]), overwrite_cache=True),
    "wf_chain": sdk.Options(labels=sdk.Labels({"own": "not"})),
}
"""Options of a registration, by what is registered with them."""


@sdk.task(
    secret_requests=[sdk.Secret("group", "key"), sdk.Secret("g2", "k2", mount_requirement=sdk.Secret.MountType.FILE)]
)
def secretive(a: int) -> int:
    return a


@sdk.workflow
def wf_secretive(a: int) -> typing.List[int]:
    return [secretive(a=a)]


shell = sdk.ContainerTask(
    name="shell",
    image="alpine:3",
    command=["sh", "-c", "echo {{.inputs.a}} > /outputs/x"],
    inputs=sdk.kwtypes(a=int, f=sdk.FlyteFile),
    outputs=sdk.kwtypes(x=int),
    input_data_dir="/inputs",
    output_data_dir="/outputs",
    metadata=sdk.TaskMetadata(retries=2, cache=True, cache_version="1"),
    requests=sdk.Resources(cpu="1"),
    limits=sdk.Resources(cpu="2"),
    secret_requests=[sdk.Secret("g", "k")],
    environment={"A": "1"},
)
shell_bare = sdk.ContainerTask(
    name="shell-bare",
    image="{{.image.default.fqn}}:x",
    command=["run"],
    arguments=["--fast"],
    metadata_format=sdk.ContainerTask.MetadataFormat.YAML,
)
shell_pod = sdk.ContainerTask(
    name="shell-pod",
    image="i:1",
    command=["run"],
    pod_template=sdk.PodTemplate(labels={"l": "1"}),
    pod_template_name="named",
    resources=sdk.Resources(cpu=("1", "2")),
)


@sdk.workflow
def wf_shell(a: int, f: sdk.FlyteFile) -> int:
    shell_bare()
    return inc(a=shell(a=a, f=f).with_overrides(retries=3, requests=sdk.Resources(mem="1Gi")))


@sdk.task(container_image="{{.image.gpu.fqn}}:{{.image.default.version}}", pod_template=sdk.PodTemplate())
def on_gpu(a: int) -> int:
    return a


@sdk.task(container_image="{{.images.pinned}}", requests=sdk.Resources(cpu="4"))
def pinned(a: int) -> int:
    return a


@sdk.workflow
def wf_images(a: int) -> int:
    return pinned(a=on_gpu(a=a)).with_overrides(container_image="a/c:1")


WITH_OTHER_SETTINGS = ("inc", "resourced", "dyn_loop", "wf_images", "wf_chain", "shell", "lp_labels")
"""What is also written for a registration with code beside the image, more images and default resources."""
