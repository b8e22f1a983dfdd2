"""``fletch render --explain``: take a source away, and nothing comes from it any more."""

from __future__ import annotations

import random
import sys
from collections import Counter

import pytest

from rendering import HEAD, PLAIN, Renderer

OPTIONS = {
    "retries=3": ("template.metadata.retries.retries", "retries"),
    "timeout=60": ("template.metadata.timeout", "timeout"),
    "interruptible=True": ("template.metadata.interruptible", "interruptible"),
    "deprecated='old'": ("template.metadata.deprecatedErrorMessage", "deprecated"),
    "cache=Cache(version='1')": ("template.metadata.discoveryVersion", "cache"),
    "cache=True, cache_version='1'": ("template.metadata.discoveryVersion", "cache_version"),
    "cache=Cache(version='1', serialize=True)": ("template.metadata.cacheSerializable", "cache"),
    "enable_deck=True": ("template.metadata.generatesDeck", "enable_deck"),
    "labels={'team': 'a'}": ("template.metadata.metadata.labels.team", "labels"),
    "annotations={'note': 'a'}": ("template.metadata.metadata.annotations.note", "annotations"),
    "container_image='x/y:1'": ("template.container.image", "container_image"),
    "environment={'A': '1'}": ("template.container.env[A].value", "environment"),
    "requests=Resources(cpu='1')": ("template.container.resources.requests[CPU].value", "requests"),
    "limits=Resources(mem='1Gi')": ("template.container.resources.limits[MEMORY].value", "limits"),
    "resources=Resources(cpu=('1', '2'))": ("template.container.resources.limits[CPU].value", "resources"),
    "secret_requests=[Secret(group='g', key='k')]": ("template.securityContext.secrets[k].group", "secret_requests"),
    "accelerator=accelerators.A100": ("template.extendedResources.gpuAccelerator.device", "accelerator"),
    "shared_memory='1Gi'": ("template.extendedResources.sharedMemory.sizeLimit", "shared_memory"),
    "docs=Documentation(short_description='it')": ("description.shortDescription", "docs"),
    "pod_template_name='base'": ("template.metadata.podTemplateName", "pod_template_name"),
    "pod_template=PodTemplate(labels={'l': '1'})": ("template.k8sPod.metadata.labels.l", "pod_template"),
    "pod_template=PodTemplate(primary_container_name='main')": (
        "template.config.primary_container_name",
        "pod_template",
    ),
}


def test_a_field_comes_from_the_option_that_says_it(fletch: Renderer) -> None:
    bare = fletch.explained("task flow.t", f"@task{PLAIN}")
    assert not [
        path for path, origins in bare.items() if any(each in origins for each in ("task retries", "task docs"))
    ]
    program = "".join(
        f"@task({option})\ndef t{at}(a: int) -> int:\n    return a\n\n" for at, option in enumerate(OPTIONS)
    )
    fletch.write("flow.py", HEAD + program)
    found = fletch.origins("flow.py")
    for at, (option, (path, name)) in enumerate(OPTIONS.items()):
        fields = found[f"task flow.t{at}"]
        assert fields[path] == [f"task {name}"], option
        said = {each for origins in fields.values() for each in origins}
        others = {other for _, (_, other) in OPTIONS.items()} - {name, "cache", "cache_version"}
        assert not said & {f"task {other}" for other in others}, option
        assert bare.get(path) in (None, ["default"], ["settings --image (not given)"]), option


def test_what_a_function_says_comes_from_its_name_its_signature_and_its_docstring(fletch: Renderer) -> None:
    program = '''
@task
def t(a: int, b: int = 1) -> int:
    """Do it.

    Args:
        a: the first.
    """
    return a
'''
    fields = fletch.explained("task flow.t", program)
    assert fields["template.id.name"] == ["task name"]
    assert fields["template.container.args[15]"] == fields["template.container.args[17]"] == ["task name"]
    assert fields["template.container.args[0]"] == fields["template.container.args[16]"] == ["default"]
    assert fields["template.interface.inputs.variables.a.type.simple"] == ["task signature"]
    assert fields["template.interface.inputs.variables.a.description"] == ["task docstring"]
    assert fields["template.interface.inputs.variables.b.description"] == ["task signature"]
    assert fields["description.shortDescription"] == ["task docstring"]
    assert fields["template.type"] == fields["template.metadata.runtime.flavor"] == ["default"]


def test_a_setting_is_named_by_its_option_and_by_whether_it_was_given(fletch: Renderer) -> None:
    program = "@task(container_image='{{.image.gpu.fqn}}:v2')" + PLAIN
    fields = fletch.explained(
        "task flow.t",
        program,
        *("--project", "p", "--version", "v", "--image", "gpu=x/gpu:1", "--env", "A=1", "--fast"),
    )
    assert fields["template.id.project"] == ["settings --project"]
    assert fields["template.id.version"] == ["settings --version"]
    assert fields["template.container.env[A].value"] == ["settings --env A"]
    assert fields["template.container.image"] == ["task container_image", "settings --image gpu=…"]
    assert fields["template.container.args[0]"] == ["settings --fast"]
    assert fields["template.container.args[6]"] == ["default"]
    plain = fletch.explained("task flow.t", f"@task{PLAIN}")
    assert plain["template.container.image"] == ["settings --image (not given)"]
    assert "template.id.project" not in plain


def test_the_environment_of_a_task_goes_before_that_of_the_settings(fletch: Renderer) -> None:
    fields = fletch.explained("task flow.t", "@task(environment={'A': '2'})" + PLAIN, "--env", "A=1", "--env", "B=1")
    assert fields["template.container.env[A].value"] == ["task environment"]
    assert fields["template.container.env[B].value"] == ["settings --env B"]


def test_of_several_options_each_field_names_its_own(fletch: Renderer) -> None:
    alone = [option for option in OPTIONS if not option.startswith(("cache=True", "pod_template=", "resources"))]
    picked = random.Random(5)
    chosen: list[list[str]] = []
    for _ in range(8):
        some = picked.sample(alone, picked.randint(2, 6))
        chosen.append(list({option.partition("=")[0]: option for option in some}.values()))
    fletch.write(
        "flow.py",
        HEAD
        + "".join(
            f"@task({', '.join(some)})\ndef t{at}(a: int) -> int:\n    return a\n\n" for at, some in enumerate(chosen)
        ),
    )
    found = fletch.origins("flow.py")
    names = {name for _, name in OPTIONS.values()}
    for at, some in enumerate(chosen):
        fields = found[f"task flow.t{at}"]
        said = {each.removeprefix("task ") for origins in fields.values() for each in origins} & names
        assert said == {OPTIONS[option][1] for option in some}, some
        for option in some:
            path, name = OPTIONS[option]
            assert fields[path] == [f"task {name}"], (option, some)


def test_the_table_shows_every_value_beside_where_it_came_from(
    fletch: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fletch.write("flow.py", f"{HEAD}@task(retries=3, environment={{'TOKEN': 'x' * 300}}){PLAIN}")
    monkeypatch.setenv("COLUMNS", "100")
    printed = fletch("render", "flow.py", "t", "--explain")
    lines = printed.out.splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert any(line.split()[-4:] == ["retries.retries", "3", "task", "retries"] for line in lines), printed.out
    assert lines[0].split() == ["task", "flow.t", "value", "from"]
    assert "\x1b" not in printed.out
    kinds = [origins[0].split()[0] for origins in fletch.origins("flow.py", "t")["task flow.t"].values()]
    counted = Counter(kinds).most_common()
    assert lines[-1] == f"{len(kinds)} fields: " + ", ".join(f"{count} {kind}" for kind, count in counted)
    assert any("… (300 characters)" in line for line in lines)


def test_no_table_of_proto_text_and_none_of_a_file_of_the_wire(fletch: Renderer) -> None:
    fletch.write("flow.py", f"{HEAD}@task{PLAIN}")
    assert "--explain is no proto text" in fletch("render", "flow.py", "--explain", "--format", "text").err
    (fletch.folder / "x.pb").write_bytes(b"")
    printed = fletch("render", "x.pb", "--explain")
    assert printed.status == 2
    assert "--explain asks the code" in printed.err


def test_options_that_nobody_saw_are_not_called_defaults(fletch: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        f"{HEAD}@task(retries=3){PLAIN}\n@workflow(interruptible=True)\ndef wf(a: int) -> int:\n    return t(a=a)\n"
    )
    fletch.write("earlier.py", program)
    monkeypatch.syspath_prepend(str(fletch.folder))
    import earlier

    try:
        found = fletch.origins("-m", "earlier")
    finally:
        del sys.modules["earlier"]
    assert earlier.t.metadata.retries == 3
    fields = found["task earlier.t"]
    assert fields["template.metadata.retries.retries"] == ["task one of its options"]
    assert fields["template.metadata.runtime.flavor"] == ["default"]
    assert fields["template.interface.inputs.variables.a.type.simple"] == ["task signature"]
    (origin,) = found["workflow earlier.wf"]["template.metadataDefaults.interruptible"]
    assert origin == "default or one of its options"


WARNS = f"""
import warnings
{HEAD}
@task(retries=1)
def t(a: int) -> int:
    return a

@workflow
def wf(a: int) -> int:
    warnings.warn("mind", UserWarning, stacklevel=1)
    return t(a=a)
"""


def test_a_warning_of_the_program_is_not_repeated(fletch: Renderer) -> None:
    fletch.write("flow.py", WARNS)
    with pytest.warns(UserWarning, match="mind") as told:
        assert fletch("render", "flow.py", "--explain").status == 0
    assert len(told) == 1
