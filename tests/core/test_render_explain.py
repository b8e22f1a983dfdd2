"""``fletch render --explain``: take a source away, and nothing comes from it any more."""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

import pytest

from distributions import Site
from rendering import Renderer

HEAD = """
import datetime
from dataclasses import dataclass, field

from fletching import *
from fletching import accelerators
from fletching.extend import Interface, PythonFunctionTask, PythonInstanceTask, PythonTask, TaskPlugins

"""
PLAIN = """
def t(a: int) -> int:
    return a
"""


@pytest.fixture
def fletch(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Renderer:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLYTE_INTERNAL_IMAGE", "example.com/image:v1")
    return Renderer(tmp_path, capfd)


def explained(fletch: Renderer, name: str, program: str, *words: str) -> dict[str, list[str]]:
    """Return the origins of the fields of one entity of a program."""
    fletch.write("flow.py", HEAD + program)
    found = fletch.origins("flow.py", *words)
    return found[name]


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
    bare = explained(fletch, "task flow.t", f"@task{PLAIN}")
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
    fields = explained(fletch, "task flow.t", program)
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
    fields = explained(
        fletch,
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
    plain = explained(fletch, "task flow.t", f"@task{PLAIN}")
    assert plain["template.container.image"] == ["settings --image (not given)"]
    assert "template.id.project" not in plain


def test_the_environment_of_a_task_goes_before_that_of_the_settings(fletch: Renderer) -> None:
    fields = explained(fletch, "task flow.t", "@task(environment={'A': '2'})" + PLAIN, "--env", "A=1", "--env", "B=1")
    assert fields["template.container.env[A].value"] == ["task environment"]
    assert fields["template.container.env[B].value"] == ["settings --env B"]


CONFIG = """
@dataclass
class Conf:
    cores: int = 1
    mode: str = "x"

class ConfTask(PythonFunctionTask[Conf]):
    def __init__(self, task_config, task_function, **kwargs):
        super().__init__(task_config, task_function, task_type="conf", **kwargs)

    def get_custom(self, settings):
        return {"cores": self.task_config.cores, "mode": self.task_config.mode, "fixed": True}

TaskPlugins.register_pythontask_plugin(Conf, ConfTask)
"""


def test_a_field_of_the_config_is_told_apart_from_what_the_class_adds_and_from_its_own_default(
    fletch: Renderer,
) -> None:
    fields = explained(fletch, "task flow.t", f"{CONFIG}\n@task(task_config=Conf(cores=3), retries=1){PLAIN}")
    assert fields["template.custom.cores"] == ["task Conf(cores=…)"]
    assert fields["template.custom.mode"] == ["default Conf(mode=…)"]
    assert fields["template.custom.fixed"] == ["task class ConfTask.get_custom"]
    assert fields["template.type"] == ["task class ConfTask"]
    assert fields["template.metadata.retries.retries"] == ["task retries"]
    other = explained(fletch, "task flow.t", f"{CONFIG}\n@task(task_config=Conf(mode='y')){PLAIN}")
    assert other["template.custom.cores"] == ["default Conf(cores=…)"]
    assert other["template.custom.mode"] == ["task Conf(mode=…)"]


EARLY = """
class EarlyTask(ConfTask):
    def __init__(self, task_config, task_function, **kwargs):
        super().__init__(task_config, task_function, **kwargs)
        self._words = [task_config.mode] * task_config.cores

    def get_custom(self, settings):
        return {"words": self._words}

@dataclass
class Early(Conf):
    pass

TaskPlugins.register_pythontask_plugin(Early, EarlyTask)
"""


def test_a_config_that_is_read_when_the_task_is_made_is_told_as_well(fletch: Renderer) -> None:
    program = f"{CONFIG}{EARLY}\n@task(task_config=Early(cores=1, mode='y')){PLAIN}"
    fields = explained(fletch, "task flow.t", program)
    assert fields["template.custom.words[0]"] == ["task Early(mode=…)"]


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


PLUGIN = """
    from typing import Any
    from fletching.extend import PythonFunctionTask, hookimpl

    class Config:
        task_type = "loud"

    class Loud(PythonFunctionTask[Config]):
        def get_custom(self, settings):
            return {"volume": 11}

        def get_container(self, settings):
            container = super().get_container(settings)
            container.env.add(key="LOUD", value="1")
            return container

    @hookimpl(wrapper=True)
    def fletching_task_metadata(name, config, metadata):
        found = yield
        from dataclasses import replace
        return replace(found, retries=found.retries + 1)

    @hookimpl(wrapper=True)
    def fletching_task_template(task, template):
        found = yield
        made = type(found)()
        made.CopyFrom(found)
        made.config["team"] = "data"
        return made
"""


def test_what_a_plugin_adds_is_told_with_its_name(site: Site, fletch: Renderer) -> None:
    site.add("fletching-loud", {"tasks": {"loud": "loud:Loud"}, "hooks": {"loud": "loud"}}, modules={"loud": PLUGIN})
    fletch.write(
        "flow.py",
        f"{HEAD}from loud import Config\n\n@task(task_config=Config(), retries=2){PLAIN}\n"
        "@task\ndef other(a: int) -> int:\n    return a\n",
    )
    from fletching.plugins import PluginManager, use_manager

    with use_manager(PluginManager()):
        found = fletch.origins("flow.py")
    fields = found["task flow.t"]
    assert fields["template.custom.volume"] == ["plugin fletching-loud: Loud.get_custom"]
    assert fields["template.container.env[LOUD].value"] == ["plugin fletching-loud: Loud.get_container"]
    assert fields["template.container.image"] == ["settings --image (not given)"]
    assert fields["template.config.team"] == ["plugin fletching-loud:loud (hook)"]
    assert fields["template.metadata.retries.retries"] == ["task retries", "plugin fletching-loud:loud (hook)"]
    assert found["task flow.other"]["template.metadata.retries.retries"] == ["plugin fletching-loud:loud (hook)"]
    assert found["task flow.other"]["template.config.team"] == ["plugin fletching-loud:loud (hook)"]
    with use_manager(PluginManager(block="*")):
        fletch.write("flow.py", f"{HEAD}@task(retries=2){PLAIN}")
        alone = fletch.origins("flow.py")["task flow.t"]
    assert alone["template.metadata.retries.retries"] == ["task retries"]
    assert "template.config.team" not in alone


INSTANCE = """
class Greeter(PythonInstanceTask[None]):
    def __init__(self, name, greeting, **kwargs):
        self.greeting = greeting
        super().__init__(name=name, task_config=None, interface=Interface({"a": int}, {"o0": int}), **kwargs)

    def get_custom(self, settings):
        return {"greeting": self.greeting}

greeter = Greeter("my.greeter", "hello", environment={"Z": "1"})
"""


def test_a_task_without_a_function_has_what_it_was_made_with_and_where_it_lives(fletch: Renderer) -> None:
    fields = explained(fletch, "task my.greeter", INSTANCE)
    assert fields["template.id.name"] == ["task name"]
    assert fields["template.custom.greeting"] == ["task greeting"]
    assert fields["template.container.env[Z].value"] == ["task environment"]
    assert fields["template.container.args[15]"] == fields["template.container.args[17]"] == ["task variable"]


def test_what_is_set_on_a_task_later_is_told_as_that(fletch: Renderer) -> None:
    fields = explained(
        fletch, "task flow.t", f"@task(retries=1){PLAIN}\nt.set_command_fn(lambda settings: ['run', 'it'])\n"
    )
    assert fields["template.container.args[0]"] == ["task set after it was made"]
    assert fields["template.metadata.retries.retries"] == ["task retries"]


FLOW = """
@task(retries=1, timeout=60)
def t(a: int) -> int:
    return a

@task
def u(a: int) -> int:
    return a

@workflow(interruptible=True)
def wf(a: int) -> int:
    \"\"\"A flow.\"\"\"
    first = t(a=a){overrides}
    second = u(a=first)
    either = conditional("c").if_(second > 3).then(t(a=second)).else_().then(u(a=3))
    return u(a=either)

@workflow
def outer(a: int) -> int:
    return wf(a=a)

plan = LaunchPlan.get_or_create(wf, "plan", default_inputs={{"a": 3}}, max_parallelism=4)
"""


def test_a_node_has_its_task_s_options_until_it_overrides_them(fletch: Renderer) -> None:
    plain = explained(fletch, "workflow flow.wf", FLOW.format(overrides=""))
    assert plain["template.nodes[n0].metadata.retries.retries"] == ["task retries"]
    assert plain["template.nodes[n0].metadata.timeout"] == ["task timeout"]
    assert plain["template.nodes[n0].id"] == ["workflow call"]
    assert plain["template.nodes[n0].taskNode.referenceId.name"] == ["task name"]
    overrides = ".with_overrides(retries=5, node_name='first', limits=Resources(cpu='2'))"
    fields = explained(fletch, "workflow flow.wf", FLOW.format(overrides=overrides))
    node = "template.nodes[first]"
    assert fields[f"{node}.metadata.retries.retries"] == ["override retries"]
    assert fields[f"{node}.metadata.timeout"] == ["task timeout"]
    assert fields[f"{node}.id"] == ["override node_name"]
    assert fields[f"{node}.taskNode.overrides.resources.limits[CPU].value"] == ["override limits"]
    assert fields[f"{node}.inputs[a].binding.promise.var"] == ["workflow call"]


def test_a_workflow_s_own_fields_and_those_of_what_it_calls(fletch: Renderer) -> None:
    fletch.write("flow.py", HEAD + FLOW.format(overrides=""))
    found = fletch.origins("flow.py")
    fields = found["workflow flow.wf"]
    assert fields["template.metadataDefaults.interruptible"] == ["workflow interruptible"]
    assert fields["template.interface.inputs.variables.a.type.simple"] == ["workflow signature"]
    assert fields["template.outputs[o0].binding.promise.nodeId"] == ["workflow return"]
    assert fields["description.shortDescription"] == ["workflow docstring"]
    branch = "template.nodes[n2].branchNode.ifElse.case"
    assert fields[f"{branch}.thenNode.metadata.retries.retries"] == ["task retries"]
    assert fields[f"{branch}.condition.comparison.operator"] == ["workflow call"]
    inside = found["workflow flow.outer"]
    for path, origins in fields.items():
        if path.startswith("template."):
            assert inside["subWorkflows[flow.wf]." + path.removeprefix("template.")] == origins, path
    plan = found["launchPlan plan"]
    assert plan["spec.maxParallelism"] == ["launch plan max_parallelism"]
    assert plan["spec.defaultInputs.parameters.a.default.scalar.primitive.integer"] == ["launch plan default_inputs"]
    assert plan["spec.workflowId.name"] == found["launchPlan flow.wf"]["spec.workflowId.name"] == ["workflow name"]
    assert plan["id.name"] == ["launch plan name"]


def test_explaining_changes_nothing(fletch: Renderer) -> None:
    fletch.write("flow.py", HEAD + CONFIG + FLOW.format(overrides=".with_overrides(retries=5)"))
    told = fletch("render", "flow.py", "--explain", "--format", "json").data
    rendered = fletch("render", "flow.py").data
    assert [one["name"] for one in told] == [
        next(iter(part.values())).get("template", next(iter(part.values())))["id"]["name"] for part in rendered
    ]
    assert fletch("render", "flow.py", "--explain", "--format", "json").data == told


def test_every_field_of_what_is_rendered_is_explained(fletch: Renderer) -> None:
    from fletching.cli.render_fields import leaves

    fletch.write("flow.py", HEAD + FLOW.format(overrides=""))
    told = fletch("render", "flow.py", "--explain", "--format", "json").data
    for one, part in zip(told, fletch("render", "flow.py").data, strict=True):
        assert [(field["path"], field["value"]) for field in one["fields"]] == list(leaves(next(iter(part.values()))))


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


STUCK = """
from fletching import map_task

@task
def t(a: int) -> int:
    return a

@dynamic(node_dependency_hints=[t], retries=2)
def d(a: int) -> int:
    return t(a=a)

shell = ContainerTask(name="shell", image="a/b:1", command=["run", "it"], inputs=kwtypes(a=int))
mapped = map_task(t, concurrency=3)
"""


def test_options_that_need_each_other_are_told_apart(fletch: Renderer) -> None:
    fletch.write("flow.py", HEAD + STUCK)
    found = fletch.origins("flow.py")
    fields = found["task flow.d"]
    assert fields["template.container.env[_F_SS_C].key"] == ["task execution_mode"]
    assert fields["template.metadata.retries.retries"] == ["task retries"]
    shell = found["task shell"]
    assert shell["template.container.command[0]"] == shell["template.container.command[1]"] == ["task command"]
    assert shell["template.container.image"] == ["task image"]
    assert shell["template.interface.inputs.variables.a.type.simple"] == ["task inputs"]
    (mapped,) = (fields for name, fields in found.items() if "map_t" in name)
    assert mapped["template.id.name"] != ["default"]


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
