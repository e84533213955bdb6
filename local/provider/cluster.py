"""The configured cluster: its client, made when first needed, and what is known of it without asking."""

from __future__ import annotations

import threading

from local.provider import kubeconfig, objects
from local.provider.config import Settings
from local.provider.errors import NoSuchKindError, ProviderError, UnreachableError
from local.provider.objects import pluck
from local.provider.rest import Client
from local.provider.urns import Kind
from local.provider.wire import Object

_FALLBACK_NAMESPACE = "default"


class Cluster:
    """One cluster as a Provider resource configures it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._reason: UnreachableError | None = None
        self._cancelled = False
        # Scopes of kinds whose definitions this program brings but the cluster may not have yet.
        self._scopes: dict[tuple[str, str], bool] = {}

    def client(self) -> Client:
        """The API of the cluster.

        Raises:
            UnreachableError: There is no usable kubeconfig, or nobody answers.
        """
        with self._lock:
            if self._reason is not None:
                raise self._reason
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Client:
        chosen = self.settings
        try:
            client = Client(kubeconfig.load(chosen.kubeconfig, chosen.context, chosen.cluster, chosen.namespace))
            client.request("GET", "/version")
        except UnreachableError as error:
            self._reason = UnreachableError(f"configured Kubernetes cluster is unreachable: {error}")
            raise self._reason from None
        if self._cancelled:
            client.cancel()
        return client

    def reachable(self) -> bool:
        """Whether the API server answers."""
        try:
            self.client()
        except UnreachableError:
            return False
        return True

    def default_namespace(self) -> str:
        """The namespace of objects that name none."""
        if self.settings.namespace:
            return self.settings.namespace
        try:
            chosen = self.settings
            return kubeconfig.load(chosen.kubeconfig, chosen.context, chosen.cluster, "").namespace
        except UnreachableError:
            return _FALLBACK_NAMESPACE

    def learn(self, obj: Object) -> None:
        """Remember the scope that a CustomResourceDefinition gives its kind."""
        group, kind = pluck(obj, "spec", "group"), pluck(obj, "spec", "names", "kind")
        scope = pluck(obj, "spec", "scope")
        if isinstance(group, str) and isinstance(kind, str) and isinstance(scope, str):
            self._scopes[(group, kind)] = scope == "Namespaced"

    def namespaced(self, kind: Kind) -> bool:
        """Whether objects of the kind live in namespaces; a kind that nobody knows yet is taken to."""
        if objects.built_in(kind.api_version):
            return kind.kind not in objects.CLUSTER_SCOPED.get(kind.group, set())
        if (kind.group, kind.kind) in self._scopes:
            return self._scopes[(kind.group, kind.kind)]
        try:
            return self.client().resource(kind).namespaced
        except (NoSuchKindError, UnreachableError):
            return True

    def knows(self, kind: Kind) -> bool:
        """Whether the API server answers and serves the kind."""
        try:
            self.client().resource(kind)
        except (NoSuchKindError, UnreachableError):
            return False
        except ProviderError:
            return False
        return True

    def cancel(self) -> None:
        """End what is being waited for."""
        self._cancelled = True
        with self._lock:
            client = self._client
        if client is not None:
            client.cancel()
