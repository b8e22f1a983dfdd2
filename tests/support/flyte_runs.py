"""Executions of a backend for tests: each task is a real process with the argv of its template, as in a container."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from flyteidl.admin import execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import dynamic_job_pb2, errors_pb2, identifier_pb2
from flyteidl.core.execution_pb2 import ExecutionError, NodeExecution, TaskExecution, TaskLog, WorkflowExecution
from flyteidl.core.literals_pb2 import Literal, LiteralMap

from flyte_containers import run_container
from flyte_gates import Gate, wait_at
from flyte_values import holds, literal_of

if TYPE_CHECKING:
    from flyte_admin import Admin

__all__ = ["Node", "Run", "Runs"]

GRACE = 30.0
"""Seconds that a container has to end when it is told to."""

ENDED = (
    WorkflowExecution.SUCCEEDED,
    WorkflowExecution.FAILED,
    WorkflowExecution.ABORTED,
    WorkflowExecution.TIMED_OUT,
)


def _asked_for(run: Run, filters: str) -> bool:
    """Whether a run is what a list's filters ask for: by the key and the value of a label, and by its phase."""
    labels = run.spec.labels.values
    for part in filter(None, filters.split("+")):
        field, _, value = part.partition("(")[2].removesuffix(")").partition(",")
        known = {
            "execution_tag.key": list(labels),
            "execution_tag.value": list(labels.values()),
            "phase": [WorkflowExecution.Phase.Name(run.phase)],
        }[field]
        if not set(value.split(";")) & set(known):
            return False
    return True


class FailedError(Exception):
    """A node failed."""

    def __init__(self, error: Any) -> None:
        super().__init__(error.message)
        self.error = error


class Node:
    """One node of a run."""

    def __init__(self, run: Run, path: str, parent: str, spec: str) -> None:
        self.run, self.path, self.parent, self.spec = run, path, parent, spec
        self.phase = NodeExecution.RUNNING
        self.inputs, self.outputs = LiteralMap(), LiteralMap()
        self.error: Any = None
        self.logs: list[str] = []
        self.task: Any = None
        """The identifier of the task that it runs, if it runs one."""
        self.is_parent = False

    def message(self) -> Any:
        """Return it as the service tells it."""
        made = node_execution_pb2.NodeExecution()
        made.id.node_id = self.path
        made.id.execution_id.CopyFrom(self.run.id)
        made.metadata.spec_node_id = self.spec
        made.metadata.is_parent_node = self.is_parent
        made.closure.phase = self.phase
        if self.error is not None:
            made.closure.error.CopyFrom(self.error)
        return made

    def attempts(self, identifier: Any) -> list[Any]:
        """Return its attempts as the service tells them."""
        found = []
        for number, log in enumerate(self.logs):
            made = task_execution_pb2.TaskExecution()
            made.id.retry_attempt = number
            made.id.node_execution_id.CopyFrom(identifier)
            if self.task is not None:
                made.id.task_id.CopyFrom(self.task)
            made.closure.phase = self._phase_of(number)
            made.closure.logs.append(TaskLog(name="output", uri=log))
            found.append(made)
        return found

    def _phase_of(self, attempt: int) -> Any:
        if attempt < len(self.logs) - 1 or self.phase == NodeExecution.FAILED:
            return TaskExecution.FAILED
        return TaskExecution.SUCCEEDED if self.phase == NodeExecution.SUCCEEDED else TaskExecution.RUNNING


class Run:
    """One execution."""

    def __init__(self, identifier: Any, request: Any, inputs: LiteralMap) -> None:
        self.id, self.spec, self.inputs = identifier, request.spec, inputs
        self.outputs = LiteralMap()
        self.phase = WorkflowExecution.RUNNING
        self.error: Any = None
        self.cause = ""
        self.nodes: dict[str, Node] = {}
        self.gates: dict[str, Gate] = {}
        self.reached = threading.Event()
        """Set when it comes to a gate."""
        self.stopped = threading.Event()
        self.ended = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def end(self, phase: Any, cause: str = "") -> bool:
        """End in this phase, and tell whether it had not ended before."""
        with self._lock:
            if self.phase in ENDED:
                return False
            self.cause, self.phase = cause, phase
            return True

    def message(self) -> Any:
        """Return it as the service tells it."""
        made = execution_pb2.Execution(id=self.id, spec=self.spec)
        made.closure.phase = self.phase
        if self.error is not None:
            made.closure.error.CopyFrom(self.error)
        if self.phase == WorkflowExecution.ABORTED:
            made.closure.abort_metadata.cause = self.cause
        return made


class Runs:
    """Runs what is executed, each on a thread of its own.

    `programs` replaces words of an argv: the name of a program by what starts it here.
    """

    def __init__(self, folder: Path, admin: Admin) -> None:
        self._folder, self._admin = folder, admin
        self._lock = threading.Lock()
        self.all: dict[tuple[str, str, str], Run] = {}
        self.held = threading.Event()
        """Set while nothing that begins may go on."""
        self.go = threading.Event()

    def begin(self, request: Any, target: Any) -> Any:
        """Start an execution, and return its identifier; None if there is one of the name."""
        name = request.name or f"a{os.urandom(9).hex()}"
        identifier = identifier_pb2.WorkflowExecutionIdentifier(
            project=request.project, domain=request.domain, name=name
        )
        inputs = LiteralMap()
        if request.spec.launch_plan.resource_type == identifier_pb2.LAUNCH_PLAN:
            for key, parameter in target.closure.expected_inputs.parameters.items():
                if parameter.HasField("default"):
                    inputs.literals[key].CopyFrom(parameter.default)
            inputs.MergeFrom(target.spec.fixed_inputs)
        for key, literal in request.inputs.literals.items():
            inputs.literals[key].CopyFrom(literal)
        run = Run(identifier, request, inputs)
        with self._lock:
            key = (request.project, request.domain, name)
            if key in self.all:
                return None
            self.all[key] = run
        threading.Thread(target=self._drive, args=(run, target), daemon=True).start()
        return identifier

    def run(self, identifier: Any, context: Any) -> Run:
        """Return the run of an identifier."""
        found = self.all.get((identifier.project, identifier.domain, identifier.name))
        if found is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"execution {identifier.name} does not exist")
        assert found is not None
        return found

    def execution(self, identifier: Any, context: Any) -> Any:
        """Return how an execution is."""
        return self.run(identifier, context).message()

    def listed(self, named: Any, filters: str) -> list[Any]:
        """Return executions, the newest first, that have the tags that are asked for."""
        found = [run for run in list(self.all.values())[::-1] if run.id.project == named.project]
        return [run.message() for run in found if run.id.domain == named.domain and _asked_for(run, filters)]

    def terminate(self, identifier: Any, cause: str) -> bool:
        """Stop an execution, and tell whether there was anything to stop."""
        run = self.all[identifier.project, identifier.domain, identifier.name]
        if not run.end(WorkflowExecution.ABORTED, cause):
            return False
        run.stopped.set()
        if run.process is not None:  # as a pod ends: asked first
            run.process.terminate()
            late = threading.Timer(GRACE, run.process.kill)
            late.daemon = True
            late.start()
        return True

    def running(self) -> list[str]:
        """Return the names of what runs."""
        return [run.id.name for run in list(self.all.values()) if run.phase not in ENDED]

    def stop(self) -> None:
        """Stop everything."""
        self.go.set()
        for run in list(self.all.values()):
            self.terminate(run.id, "the server ends")
        for run in list(self.all.values()):
            run.ended.wait(30)

    # How it runs

    def _drive(self, run: Run, target: Any) -> None:
        try:
            if self.held.is_set():
                self.go.wait(120)
            if run.spec.launch_plan.resource_type == identifier_pb2.TASK:
                template = target.closure.compiled_task.template
                node = self._node(run, "n0", "", "n0")
                node.inputs.CopyFrom(run.inputs)
                outputs = self._task(run, node, template, run.inputs)
                node.outputs.CopyFrom(outputs)
            else:
                key = target.spec.workflow_id
                found = self._admin.entities["workflow"][key.project, key.domain, key.name, key.version]
                outputs = self._workflow(run, found.closure.compiled_workflow, run.inputs, "")
            run.outputs.CopyFrom(outputs)
            run.end(WorkflowExecution.SUCCEEDED)
        except FailedError as error:
            run.error = error.error
            run.end(WorkflowExecution.FAILED)
        except Exception as error:
            run.error = ExecutionError(code="SERVER", message=repr(error))
            run.end(WorkflowExecution.FAILED)
        finally:
            run.ended.set()

    def _node(self, run: Run, path: str, parent: str, spec: str) -> Node:
        node = run.nodes[path] = Node(run, path, parent, spec)
        if parent:
            run.nodes[parent].is_parent = True
        return node

    def _workflow(self, run: Run, closure: Any, inputs: LiteralMap, parent: str) -> LiteralMap:
        """Run the nodes of a compiled workflow one after the other, and return its outputs."""
        known: dict[str, LiteralMap] = {"": inputs, "start-node": inputs}
        template = closure.primary.template
        nodes = [node for node in template.nodes if node.id not in ("start-node", "end-node")]
        try:
            while nodes:
                ready = next(node for node in nodes if set(node.upstream_node_ids) <= known.keys())
                nodes.remove(ready)
                known[ready.id] = self._one(run, ready, known, closure, parent)
        except FailedError:
            if template.HasField("failure_node") and not run.stopped.is_set():
                self._one(run, template.failure_node, known, closure, parent)
            raise
        return _bound(template.outputs, known)

    def _one(self, run: Run, node: Any, known: dict[str, LiteralMap], closure: Any, parent: str) -> LiteralMap:
        path = f"{parent}-0-{node.id}" if parent else node.id
        made = self._node(run, path, parent, node.id)
        inputs = _bound(node.inputs, known)
        made.inputs.CopyFrom(inputs)
        if run.stopped.is_set():
            raise FailedError(ExecutionError(code="ABORTED", message="the execution was stopped"))
        try:
            outputs = self._target(run, made, node, inputs, known, closure)
        except FailedError as error:
            made.phase, made.error = NodeExecution.FAILED, error.error
            raise
        made.outputs.CopyFrom(outputs)
        made.phase = NodeExecution.SUCCEEDED
        return outputs

    def _target(
        self, run: Run, made: Node, node: Any, inputs: LiteralMap, known: dict[str, LiteralMap], closure: Any
    ) -> LiteralMap:
        target = node.WhichOneof("target")
        if target == "task_node":
            name = node.task_node.reference_id.name
            task = next(each.template for each in closure.tasks if each.template.id.name == name)
            return self._task(run, made, task, inputs)
        if target == "workflow_node":
            which = node.workflow_node.WhichOneof("reference")
            key = getattr(node.workflow_node, which)
            if which == "launchplan_ref":
                plan = self._admin.entities["launch_plan"][key.project, key.domain, key.name, key.version]
                whole = LiteralMap()
                for name, parameter in plan.closure.expected_inputs.parameters.items():
                    if parameter.HasField("default"):
                        whole.literals[name].CopyFrom(parameter.default)
                whole.MergeFrom(plan.spec.fixed_inputs)
                for name, literal in inputs.literals.items():
                    whole.literals[name].CopyFrom(literal)
                key = plan.spec.workflow_id
                found = self._admin.entities["workflow"][key.project, key.domain, key.name, key.version]
                return self._workflow(run, found.closure.compiled_workflow, whole, made.path)
            inner = next(each for each in closure.sub_workflows if each.template.id.name == key.name)
            return self._workflow(run, _with_primary(closure, inner), inputs, made.path)
        if target == "branch_node":
            block = node.branch_node.if_else
            for case in (block.case, *block.other):
                if holds(case.condition, inputs):
                    return self._one(run, case.then_node, known, closure, made.path)
            if block.HasField("else_node"):
                return self._one(run, block.else_node, known, closure, made.path)
            raise FailedError(ExecutionError(code="BRANCH", message=block.error.message))
        if target == "gate_node":
            given = wait_at(run, node.gate_node, inputs)
            if isinstance(given, str):
                raise FailedError(ExecutionError(code="GATE", message=given))
            return given
        if target == "array_node":
            return self._array(run, made, node.array_node, inputs, closure)
        raise FailedError(ExecutionError(code="UNKNOWN", message=f"nodes of kind {target} are not run here"))

    def _array(self, run: Run, made: Node, array: Any, inputs: LiteralMap, closure: Any) -> LiteralMap:
        """Run a task for each element, each with all inputs and its index, and return the lists of what they gave."""
        name = array.node.task_node.reference_id.name
        task = next(each.template for each in closure.tasks if each.template.id.name == name)
        lists = [
            each
            for key, each in inputs.literals.items()
            if key not in array.bound_inputs and each.HasField("collection")
        ]
        size = len(lists[0].collection.literals)
        outputs = LiteralMap()
        for key in task.interface.outputs.variables:
            outputs.literals[key].collection.SetInParent()
        for index in range(size):
            found = self._task(run, made, task, inputs, index)
            for key, literal in found.literals.items():
                outputs.literals[key].collection.literals.append(literal)
        return outputs

    def _task(self, run: Run, made: Node, template: Any, inputs: LiteralMap, index: int | None = None) -> LiteralMap:
        made.task = template.id
        retries = template.metadata.retries.retries
        for attempt in range(retries + 1):
            folder = self._folder / run.id.name / made.path / str(attempt if index is None else f"{attempt}-{index}")
            outcome = run_container(run, made, template, inputs, folder, index)
            if isinstance(outcome, LiteralMap):
                made.phase = NodeExecution.SUCCEEDED
                return outcome
            if isinstance(outcome, dynamic_job_pb2.DynamicJobSpec):
                made.phase = NodeExecution.SUCCEEDED
                return self._dynamic(run, made, outcome)
            if outcome.kind != errors_pb2.ContainerError.RECOVERABLE or run.stopped.is_set():
                break
        made.phase = NodeExecution.FAILED
        made.error = ExecutionError(
            code=outcome.code,
            message=outcome.message,
            kind=ExecutionError.USER if outcome.origin == ExecutionError.USER else ExecutionError.SYSTEM,
        )
        raise FailedError(made.error)

    def _dynamic(self, run: Run, made: Node, spec: Any) -> LiteralMap:
        from flyteidl.core import compiler_pb2

        closure = compiler_pb2.CompiledWorkflowClosure()
        closure.primary.template.nodes.extend(spec.nodes)
        closure.primary.template.outputs.extend(spec.outputs)
        closure.tasks.extend(compiler_pb2.CompiledTask(template=each) for each in spec.tasks)
        closure.sub_workflows.extend(compiler_pb2.CompiledWorkflow(template=each) for each in spec.subworkflows)
        return self._workflow(run, closure, LiteralMap(), made.path)


def _bound(bindings: Any, known: dict[str, LiteralMap]) -> LiteralMap:
    made = LiteralMap()
    for binding in bindings:
        literal: Literal = literal_of(binding.binding, known)
        made.literals[binding.var].CopyFrom(literal)
    return made


def _with_primary(closure: Any, primary: Any) -> Any:
    from flyteidl.core import compiler_pb2

    return compiler_pb2.CompiledWorkflowClosure(
        primary=primary, sub_workflows=closure.sub_workflows, tasks=closure.tasks
    )
