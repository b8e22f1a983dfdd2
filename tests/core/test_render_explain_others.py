"""``fletch render --explain`` beyond options: configs, classes, plugins, hooks, nodes, workflows, launch plans."""

from __future__ import annotations

from distributions import Site
from rendering import HEAD, PLAIN, Renderer

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
    fields = fletch.explained("task flow.t", f"{CONFIG}\n@task(task_config=Conf(cores=3), retries=1){PLAIN}")
    assert fields["template.custom.cores"] == ["task Conf(cores=…)"]
    assert fields["template.custom.mode"] == ["default Conf(mode=…)"]
    assert fields["template.custom.fixed"] == ["task class ConfTask.get_custom"]
    assert fields["template.type"] == ["task class ConfTask"]
    assert fields["template.metadata.retries.retries"] == ["task retries"]
    other = fletch.explained("task flow.t", f"{CONFIG}\n@task(task_config=Conf(mode='y')){PLAIN}")
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
    fields = fletch.explained("task flow.t", program)
    assert fields["template.custom.words[0]"] == ["task Early(mode=…)"]


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
    fields = fletch.explained("task my.greeter", INSTANCE)
    assert fields["template.id.name"] == ["task name"]
    assert fields["template.custom.greeting"] == ["task greeting"]
    assert fields["template.container.env[Z].value"] == ["task environment"]
    assert fields["template.container.args[15]"] == fields["template.container.args[17]"] == ["task variable"]


def test_what_is_set_on_a_task_later_is_told_as_that(fletch: Renderer) -> None:
    fields = fletch.explained(
        "task flow.t", f"@task(retries=1){PLAIN}\nt.set_command_fn(lambda settings: ['run', 'it'])\n"
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
    plain = fletch.explained("workflow flow.wf", FLOW.format(overrides=""))
    assert plain["template.nodes[n0].metadata.retries.retries"] == ["task retries"]
    assert plain["template.nodes[n0].metadata.timeout"] == ["task timeout"]
    assert plain["template.nodes[n0].id"] == ["workflow call"]
    assert plain["template.nodes[n0].taskNode.referenceId.name"] == ["task name"]
    overrides = ".with_overrides(retries=5, node_name='first', limits=Resources(cpu='2'))"
    fields = fletch.explained("workflow flow.wf", FLOW.format(overrides=overrides))
    node = "template.nodes[first]"
    assert fields[f"{node}.metadata.retries.retries"] == ["override retries"]
    assert fields[f"{node}.metadata.timeout"] == ["task timeout"]
    assert fields[f"{node}.id"] == ["override node_name"]
    assert fields[f"{node}.taskNode.overrides.resources.limits[CPU].value"] == ["override limits"]
    assert fields[f"{node}.inputs[a].binding.promise.var"] == ["workflow call"]


def test_overrides_that_need_each_other_are_told_apart(fletch: Renderer) -> None:
    overrides = ".with_overrides(cache=True, cache_version='7', cache_serialize=True)"
    fields = fletch.explained("workflow flow.wf", FLOW.format(overrides=overrides))
    metadata = "template.nodes[n0].metadata"
    assert fields[f"{metadata}.cacheable"] == ["override cache"]
    assert fields[f"{metadata}.cacheVersion"] == ["override cache_version"]
    assert fields[f"{metadata}.cacheSerializable"] == ["override cache_serialize"]


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


GATES = """
import functools
from fletching import map_task

@task(retries=4)
def t(a: int, b: int = 2) -> int:
    return a

@task
def clean(a: int) -> None: ...

@workflow(on_failure=clean)
def wf(a: int) -> int:
    pause = sleep(datetime.timedelta(seconds=3))
    agreed = approve(t(a=a), "agreed", timeout=datetime.timedelta(hours=1))
    each = map_task(functools.partial(t, b=3), concurrency=2)(a=[1, 2]).with_overrides(requests=Resources(cpu="3"))
    last = t(a=agreed)
    pause >> last
    return last
"""


def test_maps_gates_and_handlers_of_a_workflow(fletch: Renderer) -> None:
    fletch.write("flow.py", HEAD + GATES)
    found = fletch.origins("flow.py")
    fields = found["workflow flow.wf"]
    assert fields["template.nodes[n0].gateNode.sleep.duration"] == ["workflow duration"]
    assert fields["template.nodes[n2].gateNode.approve.signalId"] == ["workflow name"]
    array = "template.nodes[n3].arrayNode"
    assert fields[f"{array}.parallelism"] == ["task concurrency"]
    assert fields[f"{array}.node.metadata.retries.retries"] == ["task retries"]
    assert fields[f"{array}.node.taskNode.overrides.resources.requests[CPU].value"] == ["override requests"]
    assert fields[f"{array}.node.taskNode.referenceId.resourceType"] == ["plugin fletching-map: Mapped.fill_flyte_node"]
    assert fields["template.failureNode.taskNode.referenceId.name"] == ["workflow on_failure"]
    # No workflow with a map could be serialized without its tasks' inputs, and a task can be.
    assert found["task flow.t"]["template.interface.inputs.variables.b.type.simple"] == ["task signature"]
