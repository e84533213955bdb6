"""The catalogue by gRPC, as `registry_type: remote` of Feast's clients asks it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.message_factory import GetMessageClass

from .problem import NotAllowedError, NotFoundError, RefusedError
from .registry import Catalogue

SERVICE = "feast.registry.RegistryServer"
THREADS = 8
AT_ONCE = 64
"""Requests in work or waiting; more are refused."""
BEARER = "Bearer "
log = logging.getLogger(__name__)


def server(catalogue: Catalogue, address: str) -> tuple[grpc.Server, int]:
    """One that isn't started yet, and its port."""
    made = grpc.server(
        ThreadPoolExecutor(THREADS, thread_name_prefix="registry"),
        maximum_concurrent_rpcs=AT_ONCE,
        options=[("grpc.max_receive_message_length", 1024 * 1024)],
    )
    from feast.protos.feast.registry import RegistryServer_pb2 as protocol

    methods = protocol.DESCRIPTOR.services_by_name["RegistryServer"].methods_by_name
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            _handler(catalogue, name, act),
            request_deserializer=GetMessageClass(methods[name].input_type).FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )
        for name, act in catalogue.methods.items()
    }
    made.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    return made, made.add_insecure_port(address)


def _handler(catalogue: Catalogue, name: str, act: Callable[[str, Any], Any]) -> Callable[[Any, Any], Any]:
    def handle(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            given = dict(context.invocation_metadata()).get("authorization", "")
            key = given.removeprefix(BEARER) if given.startswith(BEARER) else ""
            try:
                team = catalogue.who(key)
            except NotAllowedError as error:
                return context.abort(grpc.StatusCode.UNAUTHENTICATED, _detail("FeastPermissionError", error))
            return act(team, request)
        except NotAllowedError as error:
            return context.abort(grpc.StatusCode.PERMISSION_DENIED, _detail("FeastPermissionError", error))
        except NotFoundError as error:
            return context.abort(grpc.StatusCode.NOT_FOUND, _detail(error.kind, error))
        except RefusedError as error:
            return context.abort(grpc.StatusCode.INVALID_ARGUMENT, _detail("FeastPermissionError", error))
        except Exception as error:
            # What it says isn't ours, and may hold anything; `abort` itself raises one without a text.
            if type(error) is Exception:
                raise
            log.exception("%s failed", name)
            return context.abort(grpc.StatusCode.UNAVAILABLE, "the registry can't answer now")

    return handle


def _detail(kind: str, error: Exception) -> str:
    """As Feast's client reads it, which raises that error."""
    return json.dumps({"module": "feast.errors", "class": kind, "message": str(error)})
