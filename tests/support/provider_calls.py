"""Calling the Kubernetes provider as Pulumi's engine does, with Python's values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import grpc

from local.provider import wire
from local.provider.protos import provider_pb2, provider_pb2_grpc, status_pb2


class InitFailedError(Exception):
    """The provider handed over an object that isn't ready."""

    def __init__(self, detail: Any) -> None:
        super().__init__(*detail.reasons)
        self.id = detail.id
        self.state = wire.decode(detail.properties)


class Engine:
    """What Pulumi's engine does with a provider: calls in its protocol, with Python's values."""

    def __init__(self, port: int) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def configure(self, **settings: str) -> Any:
        variables = {f"kubernetes:config:{key}": value for key, value in settings.items()}
        return self.call("Configure", provider_pb2.ConfigureRequest(variables=variables, acceptSecrets=True))

    def call(self, method: str, request: Any) -> Any:
        """One call; its error is raised with the provider's text.

        Raises:
            InitFailedError: The object exists but isn't ready.
            RuntimeError: It failed.
        """
        try:
            return getattr(self.stub, method)(request, timeout=120)
        except grpc.RpcError as error:
            for key, value in error.trailing_metadata() or ():
                if key == "grpc-status-details-bin":
                    for packed in status_pb2.Status.FromString(value).details:
                        detail = provider_pb2.ErrorResourceInitFailed()
                        if packed.Unpack(detail):
                            raise InitFailedError(detail) from None
            raise RuntimeError(error.details()) from None

    def check(self, urn: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> dict[str, Any]:
        request = provider_pb2.CheckRequest(urn=urn, news=wire.encode(news), olds=wire.encode(olds or {}))
        request.randomSeed = b"seed"
        answer = self.call("Check", request)
        if answer.failures:
            raise RuntimeError("; ".join(f"{failure.property}: {failure.reason}" for failure in answer.failures))
        return wire.decode(answer.inputs)

    def create(
        self, urn: str, inputs: dict[str, Any], timeout: float = 0, preview: bool = False
    ) -> tuple[str, dict[str, Any]]:
        request = provider_pb2.CreateRequest(urn=urn, properties=wire.encode(inputs), timeout=timeout, preview=preview)
        answer = self.call("Create", request)
        return answer.id, wire.decode(answer.properties)

    def diff(self, urn: str, state: dict[str, Any], news: dict[str, Any]) -> Any:
        return self.call("Diff", provider_pb2.DiffRequest(urn=urn, olds=wire.encode(state), news=wire.encode(news)))

    def update(
        self,
        urn: str,
        state: dict[str, Any],
        news: dict[str, Any],
        timeout: float = 0,
        preview: bool = False,
        **more: Any,
    ) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(
            urn=urn, olds=wire.encode(state), news=wire.encode(news), timeout=timeout, preview=preview, **more
        )
        return wire.decode(self.call("Update", request).properties)

    def read(
        self, urn: str, identifier: str, inputs: dict[str, Any] | None = None, state: dict[str, Any] | None = None
    ) -> Any:
        """Id, inputs and state."""
        request = provider_pb2.ReadRequest(
            urn=urn, id=identifier, inputs=wire.encode(inputs or {}), properties=wire.encode(state or {})
        )
        answer = self.call("Read", request)
        return answer.id, wire.decode(answer.inputs), wire.decode(answer.properties)

    def delete(self, urn: str, identifier: str, state: dict[str, Any], timeout: float = 0) -> None:
        request = provider_pb2.DeleteRequest(urn=urn, id=identifier, properties=wire.encode(state), timeout=timeout)
        self.call("Delete", request)


def urn(token: str, name: str = "thing") -> str:
    return f"urn:pulumi:stack::project::kubernetes:{token}::{name}"


def configure(engine: Engine, config: Path, **settings: str) -> None:
    given = {"upsertExistingObjects": "true", "enableConfigMapMutable": "true", "enableSecretMutable": "true"}
    engine.configure(kubeconfig=str(config), **{**given, **settings})


def manifest(api_version: str, kind: str, name: str = "", namespace: str = "", **fields: Any) -> dict[str, Any]:
    metadata = {key: value for key, value in {"name": name, "namespace": namespace}.items() if value}
    return {"apiVersion": api_version, "kind": kind, "metadata": {**metadata, **fields.pop("metadata", {})}, **fields}
