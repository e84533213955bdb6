"""Creating, updating and deleting objects by server-side apply."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.provider import managers, objects
from local.provider.await_.ready import timeout_of
from local.provider.cluster import Cluster
from local.provider.errors import ApiError, CancelledError, NoSuchKindError, NotReadyError, UnreachableError, conflict
from local.provider.objects import pluck
from local.provider.rest import APPLY, Client, Resource
from local.provider.urns import Kind
from local.provider.wire import Object

_RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
_DELETE_SECONDS = {"Deployment": 600.0, "StatefulSet": 600.0, "ReplicationController": 600.0, "DaemonSet": 600.0}
_DELETE_DEFAULT_SECONDS = 300.0
_WATCH_SECONDS = 5.0
_OUTAGE_SECONDS = 1.0

Say = Callable[[str], None]


def kind_of(obj: Object) -> Kind:
    """An object's kind."""
    return Kind.of(str(obj.get("apiVersion")), str(obj.get("kind")))


@dataclass(frozen=True)
class Change:
    """One creation or update.

    Attributes:
        cluster: Where.
        inputs: What the object should be.
        manager: In whose name.
        preview: Only ask the server what would be.
        say: Tells the person who waits.
        warn: Passes on what the server warns of (deprecated kinds, pod security).
    """

    cluster: Cluster
    inputs: Object
    manager: str
    preview: bool
    say: Say
    warn: Say

    @property
    def client(self) -> Client:
        """The API."""
        return self.cluster.client()

    def _query(self, force: bool | None = None, **more: str) -> dict[str, str]:
        query = {"fieldManager": self.manager, **more}
        if force is not None:
            query["force"] = str(force).lower()
        if self.preview:
            query["dryRun"] = "All"
        return query

    def _resource(self) -> Resource:
        return self.client.resource(kind_of(self.inputs))

    def _body(self, resource: Resource) -> Object:
        body = copy.deepcopy(self.inputs)
        if not resource.namespaced:
            # A kind nobody knew when it was checked is taken to be namespaced.
            objects.metadata(body).pop("namespace", None)
        return body

    def create(self) -> Object:
        """Create the object, or adopt an existing one if the provider is set to upsert.

        Raises:
            ApiError: The server refused.
            NoSuchKindError: It doesn't know the kind.
            ProviderError: Others manage fields that would change.
        """
        for attempt, pause in enumerate([*_RETRY_SECONDS, 0.0]):
            try:
                return self._create()
            except (NoSuchKindError, ApiError) as error:
                # Its namespace or definition may be on its way, made by the same program.
                missing = isinstance(error, NoSuchKindError) or error.not_found
                if not missing or self.preview or attempt == len(_RETRY_SECONDS):
                    raise
                self.say(f"retry {attempt + 1}; creation failed: {error}")
            if self.client.cancelled.wait(pause):
                raise CancelledError
        raise AssertionError("unreachable")

    def _create(self) -> Object:
        resource = self._resource()
        body = self._body(resource)
        namespace = objects.namespace(body)
        if not self.cluster.settings.upsert:
            created: Object = self.client.request(
                "POST", resource.path(namespace), self._query(fieldValidation="Strict"), body, warn=self.warn
            )
            return created
        force = self._force() or self.preview
        return self._apply(resource.path(namespace, objects.name(body)), body, force)

    def _force(self) -> bool:
        given = objects.annotation(self.inputs, "pulumi.com/patchForce")
        return given == "true" if given else self.cluster.settings.patch_force

    def _apply(self, path: str, body: Object, force: bool) -> Object:
        try:
            applied: Object = self.client.request("PATCH", path, self._query(force), body, APPLY, self.warn)
        except ApiError as error:
            raise (conflict(error, self.manager) if error.code == 409 else error) from None
        return applied

    def update(self, live: Object, ignored: Sequence[str] = ()) -> Object:
        """Bring the object to the inputs.

        Args:
            live: The object now.
            ignored: Paths of `ignore_changes`: what others own is left to them, the rest stays as it is.

        Raises:
            ApiError: The server refused.
            ProviderError: Others manage fields that would change.
        """
        resource = self._resource()
        body = self._body(resource)
        path = resource.path(objects.namespace(live), objects.name(live))
        if objects.is_crd(body):
            objects.metadata(body)["resourceVersion"] = objects.metadata(live).get("resourceVersion")
            updated: Object = self.client.request("PUT", path, self._query(), body)
            return updated
        if not self.preview:
            managers.take_over(self.client, path, live, self.manager)
        for item in ignored:
            self._ignore(body, live, item.split("."))
        force = self._force() or (self.preview and managers.merged(live, self.manager) is not None)
        return self._apply(path, body, force)

    def _ignore(self, body: Object, live: Object, path: list[str]) -> None:
        parent = pluck(body, *path[:-1])
        if not isinstance(parent, dict):
            return
        value = pluck(live, *path)
        if managers.owned_by_others_only(live, self.manager, path):
            parent.pop(path[-1], None)
        elif value is not None:
            parent[path[-1]] = value


def get(client: Client, obj: Object, name: str = "") -> Object:
    """The live object.

    Raises:
        ApiError: 404 when it's gone.
        NoSuchKindError: Its kind is gone.
    """
    resource = client.resource(kind_of(obj))
    found: Object = client.request("GET", resource.path(objects.namespace(obj), name or objects.name(obj)))
    return found


def _propagation(inputs: Object) -> str:
    given = objects.annotation(inputs, "pulumi.com/deletionPropagationPolicy").lower()
    return {"orphan": "Orphan", "background": "Background"}.get(given, "Foreground")


def delete(client: Client, inputs: Object, live: Object, manager: str, requested: float, say: Say) -> None:
    """Delete an object and wait until it is gone; one that's already gone is fine.

    Raises:
        NotReadyError: It's still there when time is up.
        ApiError: The server refused.
    """
    try:
        resource = client.resource(kind_of(live))
        path = resource.path(objects.namespace(live), objects.name(live))
        client.request("DELETE", path, body={"propagationPolicy": _propagation(inputs)})
    except NoSuchKindError:
        return
    except ApiError as error:
        if error.not_found:
            return
        if error.code == 403 and error.reason == "Forbidden" and _protected(live):
            managers.relinquish(client, path, live, manager)
            return
        raise
    if objects.annotation(inputs, "pulumi.com/skipAwait") == "true":
        return
    seconds = timeout_of(inputs, requested, _DELETE_SECONDS.get(str(live.get("kind")), _DELETE_DEFAULT_SECONDS))
    _until_gone(client, resource, live, seconds, say)


def _protected(live: Object) -> bool:
    """Namespaces that Kubernetes itself keeps."""
    return objects.is_kind(live, "v1", "Namespace") and objects.name(live) in ("default", "kube-system", "kube-public")


def _until_gone(client: Client, resource: Resource, live: Object, seconds: float, say: Say) -> None:
    deadline = time.monotonic() + seconds
    namespace, name = objects.namespace(live), objects.name(live)
    uid = objects.metadata(live).get("uid")
    current = live
    while True:
        try:
            current = client.request("GET", resource.path(namespace, name))
        except (ApiError, UnreachableError) as error:
            if isinstance(error, ApiError) and error.not_found:
                return
            if isinstance(error, ApiError) and not error.passing:
                raise
            say(f"waiting for deletion of {objects.qualified_name(live)}: {error}")
            if time.monotonic() > deadline or client.cancelled.wait(_OUTAGE_SECONDS):
                raise NotReadyError(current, [str(error)]) from None
            continue
        if uid and objects.metadata(current).get("uid") != uid:
            return  # gone, and somebody made another of the same name
        left = deadline - time.monotonic()
        if left <= 0 or client.cancelled.is_set():
            raise NotReadyError(
                current, [_still_there(current, "cancelled" if left > 0 else f"timed out after {seconds:.0f} s")]
            )
        say(_still_there(current, "waiting for deletion"))
        query = {
            "fieldSelector": f"metadata.name={name}",
            "resourceVersion": str(objects.metadata(current).get("resourceVersion") or ""),
        }
        try:
            for event, _ in client.watch(resource.path(namespace), query, min(_WATCH_SECONDS, left)):
                if event == "DELETED":
                    return
        except CancelledError:
            continue
        except UnreachableError:
            continue
        except ApiError as error:
            if error.code != 410 and not error.not_found and not error.passing:
                raise


def _still_there(obj: Object, why: str) -> str:
    finalizers = objects.metadata(obj).get("finalizers") or pluck(obj, "spec", "finalizers") or []
    held = f"; finalizers might be preventing deletion ({', '.join(finalizers)})" if finalizers else ""
    blocked = [
        str(condition.get("message"))
        for condition in pluck(obj, "status", "conditions") or []
        if condition.get("status") == "True" and str(condition.get("type")).startswith("Namespace")
    ]
    return "; ".join([f"{why}: {obj.get('kind')} {objects.qualified_name(obj)} still exists{held}", *blocked])


def relinquish_old(client: Client, live: Object, old_manager: str) -> None:
    """Let go of what an earlier field manager of ours owned."""
    resource = client.resource(kind_of(live))
    managers.relinquish(client, resource.path(objects.namespace(live), objects.name(live)), live, old_manager)
