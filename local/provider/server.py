"""The gRPC service that Pulumi's engine calls."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2

from local.provider import check, config, diff, wire
from local.provider.cluster import Cluster
from local.provider.errors import ProviderError, UnreachableError
from local.provider.host import Host
from local.provider.operations import Operations, Result
from local.provider.protos import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

# The official provider whose state and behaviour this one shares.
VERSION = "4.34.2"
# One a call: most wait for pods, and a Cancel must always find one free.
_WORKERS = 128

Handler = Callable[[Any, Any, Any], Any]
_Servicer: Any = provider_pb2_grpc.ResourceProviderServicer


def _reported(handler: Handler) -> Handler:
    """Turn errors into gRPC statuses whose text reaches the person at the terminal."""

    @wraps(handler)
    def wrapper(self: Any, request: Any, context: Any) -> Any:
        try:
            return handler(self, request, context)
        except ProviderError as error:
            context.abort(grpc.StatusCode.UNKNOWN, _without_secrets(str(error), request))
        except ValueError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except Exception as error:
            if isinstance(error, grpc.RpcError) or context.code() is not None:
                raise
            # A defect: its place goes to the engine's log. The error's own text may hold values, so it stays out.
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = f"internal error: {type(error).__name__} at {where.filename}:{where.lineno}"
            print(text, file=sys.stderr)
            context.abort(grpc.StatusCode.INTERNAL, text)

    return wrapper


def _without_secrets(text: str, request: Any) -> str:
    for name in ("properties", "news", "inputs", "olds"):
        if any(field.name == name for field in request.DESCRIPTOR.fields):
            text = wire.redact(text, wire.decode(getattr(request, name)))
    return text


class Provider(_Servicer):  # type: ignore[misc]  # generated code has no types
    """Serves `kubernetes:*` resources of one cluster."""

    def __init__(self, engine: str = "") -> None:
        self.host = Host(engine)
        self.cluster = Cluster(config.Settings())
        self.operations = Operations(self.cluster, self.host)

    # Life of the plugin

    @_reported
    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's names
        """Learn the engine's address and say what is supported."""
        self.host.connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, supports_autonaming_configuration=True)

    @_reported
    def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Learn the engine's address, when it runs already."""
        self.host.connect(request.address)
        return empty_pb2.Empty()

    @_reported
    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The version that the engine compares with the program's."""
        return plugin_pb2.PluginInfo(version=VERSION)

    @_reported
    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Stop all waiting at once."""
        self.cluster.cancel()
        return empty_pb2.Empty()

    # The Provider resource

    @_reported
    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Validate the Provider's settings."""
        failures = [
            provider_pb2.CheckFailure(property=name, reason=reason)
            for name, reason in config.check(wire.decode(request.news))
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @_reported
    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Whether changed settings mean another cluster."""
        olds = request.old_inputs if request.HasField("old_inputs") else request.olds
        found = config.diff(wire.decode(olds), wire.decode(request.news))
        changes = provider_pb2.DiffResponse.DIFF_SOME if found.changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, diffs=found.changed, replaces=found.replaces)

    @_reported
    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take the settings; the cluster is reached when it's first needed."""
        self.cluster = Cluster(config.parse(request.variables))
        self.operations = Operations(self.cluster, self.host)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    # Resources

    @_reported
    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Validate and complete inputs."""
        settings = self.cluster.settings
        if settings.skip_update_unreachable and request.olds.fields and not self.cluster.reachable():
            self.host.warning(request.urn, "the cluster is unreachable and skipUpdateUnreachable is set: left as it is")
            return provider_pb2.CheckResponse(inputs=request.olds)
        autonaming = request.autonaming if request.HasField("autonaming") else None
        inputs, failures = check.complete(
            self.cluster,
            request.urn,
            wire.decode(request.olds),
            wire.decode(request.news),
            request.randomSeed,
            autonaming,
        )
        return provider_pb2.CheckResponse(
            inputs=wire.encode(inputs),
            failures=[provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures],
        )

    @_reported
    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What new inputs would change."""
        found = self.operations.diff(
            request.urn, wire.decode(request.olds), wire.decode(request.news), list(request.ignoreChanges)
        )
        kinds = provider_pb2.PropertyDiff
        detailed = {
            diff.label(change.path): kinds(
                kind=kinds.Kind.Value(change.how.upper() + ("_REPLACE" if change.replace else "")),
                inputDiff=change.how == "delete",
            )
            for change in found.changes
        }
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if found.changes else response.DIFF_NONE,
            replaces=[diff.label(change.path) for change in found.replaces],
            deleteBeforeReplace=found.delete_before_replace,
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    @_reported
    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Create an object."""
        properties = wire.decode(request.properties)
        result = self.operations.create(request.urn, properties, request.timeout, request.preview)
        if result is None:
            return provider_pb2.CreateResponse(properties=request.properties)
        if result.not_ready is not None:
            _partial(context, request, result, f"resource {request.urn} was created but didn't become ready")
        return provider_pb2.CreateResponse(id=result.id, properties=wire.encode(result.state))

    @_reported
    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Read an object for a refresh, an import or a `.get`."""
        settings = self.cluster.settings
        if not self.cluster.reachable():
            if settings.delete_unreachable:
                self.host.info(
                    request.urn, "the cluster is unreachable and deleteUnreachable is set: removed from the state"
                )
                return provider_pb2.ReadResponse()
            if settings.skip_update_unreachable:
                self.host.info(
                    request.urn, "the cluster is unreachable and skipUpdateUnreachable is set: taken as it was"
                )
                return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
            self._unreachable()
        inputs, state = wire.decode(request.inputs), wire.decode(request.properties)
        result = self.operations.read(request.urn, request.id, inputs, state)
        if result is None:
            return provider_pb2.ReadResponse()
        if result.not_ready is not None:
            _partial(context, request, result, f"resource {request.urn} isn't ready")
        return provider_pb2.ReadResponse(
            id=result.id, properties=wire.encode(result.state), inputs=wire.encode(result.inputs or {})
        )

    def _unreachable(self) -> None:
        try:
            self.cluster.client()
        except UnreachableError as error:
            raise UnreachableError(
                f"{error}\n  fix: make it reachable; if it no longer exists, run this again with "
                "PULUMI_K8S_DELETE_UNREACHABLE=true to remove its objects from the state"
            ) from None

    @_reported
    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Update an object."""
        result = self.operations.update(
            request.urn,
            wire.decode(request.olds),
            wire.decode(request.news),
            request.timeout,
            request.preview,
            list(request.ignoreChanges),
        )
        if result is None:
            return provider_pb2.UpdateResponse(properties=request.news)
        if result.not_ready is not None:
            _partial(context, request, result, f"resource {request.urn} was updated but didn't become ready")
        return provider_pb2.UpdateResponse(properties=wire.encode(result.state))

    @_reported
    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Delete an object."""
        if not self.cluster.reachable():
            if self.cluster.settings.delete_unreachable:
                self.host.info(
                    request.urn, "the cluster is unreachable and deleteUnreachable is set: removed from the state"
                )
                return empty_pb2.Empty()
            self._unreachable()
        result = self.operations.delete(request.urn, wire.decode(request.properties), request.timeout)
        if result is not None:
            _partial(context, request, result, f"resource {request.urn} wasn't deleted")
        return empty_pb2.Empty()

    # What only the official provider does

    @_reported
    def Construct(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Components: YAML, Helm, Kustomize."""
        raise ProviderError(_official_only(request.type))

    @_reported
    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Functions: decoding YAML, Helm templates, Kustomize."""
        raise ProviderError(_official_only(request.tok))


def _official_only(token: str) -> str:
    return (
        f"{token} needs the official Kubernetes provider. This one serves single objects "
        "(kubernetes:<group>/<version>:<Kind> and CustomResource): write them as typed resources"
    )


def _partial(context: Any, request: Any, result: Result, what: str) -> None:
    """Fail, and hand over the object's state so that the engine keeps it."""
    assert result.not_ready is not None  # noqa: S101 - callers look first
    reasons = result.not_ready.reasons
    text = _without_secrets(f"{what}: {'; '.join(reasons)}", request)
    detail = provider_pb2.ErrorResourceInitFailed(
        id=result.id,
        properties=wire.encode(result.state),
        reasons=[text],
        inputs=wire.encode(result.inputs) if result.inputs is not None else None,
    )
    packed = any_pb2.Any()
    packed.Pack(detail)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=text, details=[packed])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, text)


def serve(engine: str) -> tuple[grpc.Server, int]:
    """Start serving on a free loopback port; returns the server and the port."""
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(max_workers=_WORKERS), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
