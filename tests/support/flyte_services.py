"""The smaller services of a backend for tests: where uploads go, how one signs in, who one is."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import grpc
from flyteidl.admin import signal_pb2
from flyteidl.service import (
    auth_pb2,
    auth_pb2_grpc,
    dataproxy_pb2,
    dataproxy_pb2_grpc,
    identity_pb2,
    identity_pb2_grpc,
    signal_pb2_grpc,
)

from flyte_checks import fits

if TYPE_CHECKING:
    from flyte_http import Http
    from flyte_runs import Runs

__all__ = ["DOMAINS", "PROJECTS", "Auth", "DataProxy", "Identity", "Signals"]

DOMAINS = ("development", "staging", "production")
PROJECTS = ("flytesnacks", "other")


class DataProxy(dataproxy_pb2_grpc.DataProxyServiceServicer):  # type: ignore[misc]
    """DataProxyService."""

    def __init__(self, http: Http, runs: Runs) -> None:
        self._http, self._runs = http, runs

    def CreateUploadLocation(self, request: Any, context: Any) -> Any:
        if request.project not in PROJECTS or not request.filename or len(request.content_md5) != 16:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "project, filename or content_md5 makes no sense")
        root = request.filename_root or base64.b32encode(request.content_md5).decode().rstrip("=")
        path = f"{request.project}/{request.domain}/{root}/{request.filename}"
        return dataproxy_pb2.CreateUploadLocationResponse(
            signed_url=self._http.sign(path, request.content_md5),
            native_url=str(self._http.file(path)),
            headers={"x-signed": "yes"},
        )

    def GetData(self, request: Any, context: Any) -> Any:
        project, domain, name, node, *rest = request.flyte_url.removeprefix("flyte://v1/").split("/")
        found = self._runs.all[project, domain, name].nodes[node]
        side = found.inputs if rest[0] == "i" else found.outputs
        if len(rest) > 1:
            return dataproxy_pb2.GetDataResponse(literal=side.literals[rest[1]])
        return dataproxy_pb2.GetDataResponse(literal_map=side)


class Auth(auth_pb2_grpc.AuthMetadataServiceServicer):  # type: ignore[misc]
    """AuthMetadataService; what it says is set by the test."""

    def __init__(self) -> None:
        self.key = "flyte-authorization"
        self.server = auth_pb2.OAuth2MetadataResponse()
        self.client = auth_pb2.PublicClientAuthConfigResponse(authorization_metadata_key=self.key, scopes=["all"])

    def GetOAuth2Metadata(self, request: Any, context: Any) -> Any:
        return self.server

    def GetPublicClientConfig(self, request: Any, context: Any) -> Any:
        return self.client


class Identity(identity_pb2_grpc.IdentityServiceServicer):  # type: ignore[misc]
    """IdentityService."""

    def UserInfo(self, request: Any, context: Any) -> Any:
        return identity_pb2.UserInfoResponse(subject="tester", name="A Tester")


class Signals(signal_pb2_grpc.SignalServiceServicer):  # type: ignore[misc]
    """SignalService."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    def ListSignals(self, request: Any, context: Any) -> Any:
        run = self._runs.run(request.workflow_execution_id, context)
        return signal_pb2.SignalList(signals=[gate.signal for gate in list(run.gates.values())])

    def SetSignal(self, request: Any, context: Any) -> Any:
        gate: Any = self._runs.run(request.id.execution_id, context).gates.get(request.id.signal_id)
        if gate is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"signal {request.id.signal_id} does not exist")
        if not fits(request.value, gate.signal.type):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the value is of another type")
        gate.signal.value.CopyFrom(request.value)
        gate.answered.set()
        return signal_pb2.SignalSetResponse()
