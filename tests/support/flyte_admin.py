"""The services of a backend for tests: what they keep, what they answer, and which status a mistake has."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import grpc
from flyteidl.admin import (
    common_pb2,
    execution_pb2,
    launch_plan_pb2,
    node_execution_pb2,
    project_pb2,
    task_execution_pb2,
    task_pb2,
    version_pb2,
    workflow_pb2,
)
from flyteidl.core import compiler_pb2
from flyteidl.service import admin_pb2_grpc

from flyte_checks import RefusedError, check_inputs, check_interface, check_workflow
from flyte_runs import Runs
from flyte_services import DOMAINS, PROJECTS, Auth, DataProxy, Identity, Signals

if TYPE_CHECKING:
    from pathlib import Path

    from flyte_http import Http

__all__ = ["Admin"]

Key = tuple[str, str, str, str]


def key_of(identifier: Any) -> Key:
    return identifier.project, identifier.domain, identifier.name, identifier.version


class Admin(admin_pb2_grpc.AdminServiceServicer):  # type: ignore[misc]  # gRPC publishes no types
    """AdminService."""

    def __init__(self, folder: Path, http: Http) -> None:
        self.lock = threading.RLock()
        self.entities: dict[str, dict[Key, Any]] = {"task": {}, "workflow": {}, "launch_plan": {}}
        """Kind -> key -> what was registered, in this order."""
        self.runs = Runs(folder / "runs", self)
        self.proxy = DataProxy(http, self.runs)
        self.auth = Auth()
        self.identity = Identity()
        self.signals = Signals(self.runs)
        self.tells_what_is_identical = True
        """Whether an answer says that what exists is the same, as those of newer releases do."""
        self.largest = 1 << 20
        """Outputs of more bytes are given by a URL."""
        self._http = http
        self._created = 0

    # Registering

    def CreateTask(self, request: Any, context: Any) -> Any:
        template = request.spec.template
        with _checked(context):
            self._check_id(request.id, 1)
            _need(key_of(template.id) == key_of(request.id), "the template has another id")
            _need(template.type, "the task has no type")
            _need(template.HasField("interface"), "the task has no interface")
            check_interface(template.interface, f"task {request.id.name!r}")
            if template.HasField("container"):
                _need(template.container.image, "the container has no image")
        self._keep("task", request, context)
        return task_pb2.TaskCreateResponse()

    def CreateWorkflow(self, request: Any, context: Any) -> Any:
        with _checked(context):
            self._check_id(request.id, 2)
            template = request.spec.template
            _need(key_of(template.id) == key_of(request.id), "the template has another id")
            subs = {each.id.name: each for each in request.spec.sub_workflows}
            for each in (template, *request.spec.sub_workflows):
                check_workflow(each, subs, self.interface)
        self._keep("workflow", request, context)
        return workflow_pb2.WorkflowCreateResponse()

    def CreateLaunchPlan(self, request: Any, context: Any) -> Any:
        with _checked(context):
            self._check_id(request.id, 3)
            interface = self.interface("workflow", request.spec.workflow_id)
            known = interface.inputs.variables
            for name in (*request.spec.default_inputs.parameters, *request.spec.fixed_inputs.literals):
                _need(name in known, f"the workflow has no input {name!r}")
            covered = {*request.spec.default_inputs.parameters, *request.spec.fixed_inputs.literals}
            _need(covered >= set(known), f"inputs are left out: {set(known) - covered}")
        self._keep("launch_plan", request, context)
        return launch_plan_pb2.LaunchPlanCreateResponse()

    def UpdateLaunchPlan(self, request: Any, context: Any) -> Any:
        plans = self.entities["launch_plan"]
        made = self._found("launch_plan", request.id, context)
        with self.lock:
            for key, plan in plans.items():
                if key[:3] == key_of(request.id)[:3]:
                    plan.closure.state = launch_plan_pb2.INACTIVE
            made.closure.state = request.state
        return launch_plan_pb2.LaunchPlanUpdateResponse()

    def _keep(self, kind: str, request: Any, context: Any) -> None:
        with self.lock:
            key = key_of(request.id)
            known = self.entities[kind].get(key)
            if known is None:
                self._created += 1
                self.entities[kind][key] = made = getattr(self, f"_{kind}")(request)
                made.closure.created_at.FromNanoseconds(self._created * 1000)
                return
            same = known == getattr(self, f"_{kind}")(request, of=known)
        # As the real one does: what is the same exists already, what differs is an argument that cannot be.
        if same:
            wording = " with identical structure" if self.tells_what_is_identical else ""
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{kind}{wording} already exists with id {key}")
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{kind} with different structure already exists with id {key}")

    def _task(self, request: Any, of: Any = None) -> Any:
        made = task_pb2.Task(id=request.id)
        made.closure.compiled_task.template.CopyFrom(request.spec.template)
        return _aged(made, of)

    def _workflow(self, request: Any, of: Any = None) -> Any:
        made = workflow_pb2.Workflow(id=request.id)
        closure = made.closure.compiled_workflow
        spec = request.spec
        closure.primary.CopyFrom(_compiled(spec.template))
        closure.sub_workflows.extend(_compiled(each) for each in spec.sub_workflows)
        names: dict[Key, Any] = {}
        for template in (spec.template, *spec.sub_workflows):
            for node in (*template.nodes, *([template.failure_node] if template.HasField("failure_node") else ())):
                self._tasks_of(node, names)
        closure.tasks.extend(compiler_pb2.CompiledTask(template=template) for template in names.values())
        return _aged(made, of)

    def _tasks_of(self, node: Any, found: dict[Key, Any]) -> None:
        target = node.WhichOneof("target")
        if target == "task_node":
            key = key_of(node.task_node.reference_id)
            found[key] = self.entities["task"][key].closure.compiled_task.template
        elif target == "array_node":
            self._tasks_of(node.array_node.node, found)
        elif target == "branch_node":
            block = node.branch_node.if_else
            for case in (block.case, *block.other):
                self._tasks_of(case.then_node, found)
            if block.HasField("else_node"):
                self._tasks_of(block.else_node, found)

    def _launch_plan(self, request: Any, of: Any = None) -> Any:
        made = launch_plan_pb2.LaunchPlan(id=request.id, spec=request.spec)
        interface = self.interface("workflow", request.spec.workflow_id)
        made.closure.expected_inputs.CopyFrom(request.spec.default_inputs)
        made.closure.expected_outputs.CopyFrom(interface.outputs)
        if of is not None:
            made.closure.state = of.closure.state
        return _aged(made, of)

    def interface(self, kind: str, identifier: Any) -> Any:
        """Return the interface of something that is registered."""
        found: Any = self.entities[kind].get(key_of(identifier))
        _need(found is not None, f"{kind} {key_of(identifier)} does not exist")
        if kind == "task":
            return found.closure.compiled_task.template.interface
        if kind == "workflow":
            return found.closure.compiled_workflow.primary.template.interface
        return self.interface("workflow", found.spec.workflow_id)

    def _check_id(self, identifier: Any, kind: int) -> None:
        _need(identifier.resource_type == kind, f"resource type {identifier.resource_type}, expected {kind}")
        self._check_place(identifier.project, identifier.domain)
        _need(identifier.name and identifier.version, "name or version is missing")

    def _check_place(self, project: str, domain: str) -> None:
        _need(
            project in PROJECTS and domain in DOMAINS, f"project [{project}] and domain [{domain}] are not registered"
        )

    # Fetching

    def GetTask(self, request: Any, context: Any) -> Any:
        return self._found("task", request.id, context)

    def GetWorkflow(self, request: Any, context: Any) -> Any:
        return self._found("workflow", request.id, context)

    def GetLaunchPlan(self, request: Any, context: Any) -> Any:
        return self._found("launch_plan", request.id, context)

    def GetActiveLaunchPlan(self, request: Any, context: Any) -> Any:
        for plan in self._listed("launch_plan", request.id):
            if plan.closure.state == launch_plan_pb2.ACTIVE:
                return plan
        return context.abort(grpc.StatusCode.NOT_FOUND, f"no active launch plan {request.id.name}")

    def _found(self, kind: str, identifier: Any, context: Any) -> Any:
        found = self.entities[kind].get(key_of(identifier))
        if found is None:
            context.abort(
                grpc.StatusCode.NOT_FOUND, f"missing entity of type {kind} with identifier {key_of(identifier)}"
            )
        return found

    def _listed(self, kind: str, named: Any, filters: str = "") -> list[Any]:
        with self.lock:
            found = list(self.entities[kind].values())[::-1]
        wanted = (named.project, named.domain, named.name) if named.name else (named.project, named.domain)
        found = [each for each in found if key_of(each.id)[: len(wanted)] == wanted]
        if filters:
            version = filters.removeprefix("eq(version,").removesuffix(")")
            found = [each for each in found if each.id.version == version]
        return found

    def ListTasks(self, request: Any, context: Any) -> Any:
        page, token = _page(self._listed("task", request.id, request.filters), request)
        return task_pb2.TaskList(tasks=page, token=token)

    def ListWorkflows(self, request: Any, context: Any) -> Any:
        page, token = _page(self._listed("workflow", request.id, request.filters), request)
        return workflow_pb2.WorkflowList(workflows=page, token=token)

    def ListLaunchPlans(self, request: Any, context: Any) -> Any:
        page, token = _page(self._listed("launch_plan", request.id, request.filters), request)
        return launch_plan_pb2.LaunchPlanList(launch_plans=page, token=token)

    def ListTaskIds(self, request: Any, context: Any) -> Any:
        return self._names("task", request)

    def ListWorkflowIds(self, request: Any, context: Any) -> Any:
        return self._names("workflow", request)

    def ListLaunchPlanIds(self, request: Any, context: Any) -> Any:
        return self._names("launch_plan", request)

    def _names(self, kind: str, request: Any) -> Any:
        place = (request.project, request.domain)
        with self.lock:
            names = sorted({key[2] for key in self.entities[kind] if key[:2] == place})
        found = [common_pb2.NamedEntityIdentifier(project=place[0], domain=place[1], name=name) for name in names]
        page, token = _page(found, request)
        return common_pb2.NamedEntityIdentifierList(entities=page, token=token)

    def ListProjects(self, request: Any, context: Any) -> Any:
        domains = [project_pb2.Domain(id=domain, name=domain) for domain in DOMAINS]
        return project_pb2.Projects(projects=[project_pb2.Project(id=name, domains=domains) for name in PROJECTS])

    def GetDomains(self, request: Any, context: Any) -> Any:
        return project_pb2.GetDomainsResponse(domains=[project_pb2.GetDomainsResponse.Domain(id=d) for d in DOMAINS])

    def GetVersion(self, request: Any, context: Any) -> Any:
        return version_pb2.GetVersionResponse(control_plane_version=version_pb2.Version(Version="v1.16.0"))

    # Executing

    def CreateExecution(self, request: Any, context: Any) -> Any:
        target = request.spec.launch_plan
        kind = {1: "task", 3: "launch_plan"}.get(target.resource_type, "")
        with _checked(context):
            self._check_place(request.project, request.domain)
            _need(kind, f"resource type {target.resource_type} cannot be executed")
            _need(len(request.name) <= 63, "the name is too long")
        found = self._found(kind, target, context)
        with _checked(context):
            if kind == "task":
                expected = found.closure.compiled_task.template.interface.inputs
            else:
                expected = found.closure.expected_inputs
            check_inputs(expected, request.inputs, f"execution of {target.name!r}")
        made = self.runs.begin(request, found)
        if made is None:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, f"execution {request.name} already exists")
        return execution_pb2.ExecutionCreateResponse(id=made)

    def GetExecution(self, request: Any, context: Any) -> Any:
        return self.runs.execution(request.id, context)

    def GetExecutionData(self, request: Any, context: Any) -> Any:
        run = self.runs.run(request.id, context)
        if run.outputs.ByteSize() <= self.largest:
            return execution_pb2.WorkflowExecutionGetDataResponse(full_inputs=run.inputs, full_outputs=run.outputs)
        data = run.outputs.SerializeToString()
        blob = common_pb2.UrlBlob(url=self._http.serve(f"{run.id.name}/outputs.pb", data), bytes=len(data))
        return execution_pb2.WorkflowExecutionGetDataResponse(full_inputs=run.inputs, outputs=blob)

    def ListExecutions(self, request: Any, context: Any) -> Any:
        page, token = _page(self.runs.listed(request.id, request.filters), request)
        return execution_pb2.ExecutionList(executions=page, token=token)

    def TerminateExecution(self, request: Any, context: Any) -> Any:
        self.runs.run(request.id, context)
        if not self.runs.terminate(request.id, request.cause):
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "the execution is in a terminal state already")
        return execution_pb2.ExecutionTerminateResponse()

    def ListNodeExecutions(self, request: Any, context: Any) -> Any:
        run = self.runs.run(request.workflow_execution_id, context)
        found = [each for each in list(run.nodes.values()) if each.parent == request.unique_parent_id]
        page, token = _page([each.message() for each in found], request)
        return node_execution_pb2.NodeExecutionList(node_executions=page, token=token)

    def GetNodeExecution(self, request: Any, context: Any) -> Any:
        return self.runs.run(request.id.execution_id, context).nodes[request.id.node_id].message()

    def GetNodeExecutionData(self, request: Any, context: Any) -> Any:
        node = self.runs.run(request.id.execution_id, context).nodes[request.id.node_id]
        return node_execution_pb2.NodeExecutionGetDataResponse(full_inputs=node.inputs, full_outputs=node.outputs)

    def ListTaskExecutions(self, request: Any, context: Any) -> Any:
        node = self.runs.run(request.node_execution_id.execution_id, context).nodes[request.node_execution_id.node_id]
        return task_execution_pb2.TaskExecutionList(task_executions=node.attempts(request.node_execution_id))

    def GetTaskExecution(self, request: Any, context: Any) -> Any:
        at = request.id.node_execution_id
        node = self.runs.run(at.execution_id, context).nodes[at.node_id]
        return node.attempts(at)[request.id.retry_attempt]

    def GetTaskExecutionData(self, request: Any, context: Any) -> Any:
        at = request.id.node_execution_id
        node = self.runs.run(at.execution_id, context).nodes[at.node_id]
        return task_execution_pb2.TaskExecutionGetDataResponse(full_inputs=node.inputs, full_outputs=node.outputs)


class _checked:
    """Turns a refusal into the status for it."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, RefusedError):
            self._context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


def _need(condition: object, message: str) -> None:
    if not condition:
        raise RefusedError(message)


def _aged(made: Any, of: Any) -> Any:
    if of is not None:
        made.closure.created_at.CopyFrom(of.closure.created_at)
    return made


def _compiled(template: Any) -> Any:
    made = compiler_pb2.CompiledWorkflow(template=template)
    for name in ("start-node", "end-node"):  # as the real compiler does
        made.template.nodes.add(id=name)
    return made


def _page(found: list[Any], request: Any) -> tuple[list[Any], str]:
    begin, size = int(request.token or 0), request.limit or 100
    return found[begin : begin + size], str(begin + size) if begin + size < len(found) else ""
