"""Create, read, update and delete as Pulumi means them: from properties to state."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from local.provider import apply, checkpoint, diff, dryrun, immutable, naming, normalize, objects
from local.provider.apply import Change
from local.provider.await_ import ready
from local.provider.await_.status import job
from local.provider.cluster import Cluster
from local.provider.errors import ApiError, NoSuchKindError, NotReadyError, ProviderError
from local.provider.host import Host
from local.provider.urns import kind_of
from local.provider.wire import Object, has_unknown

_REPLACE_UNREADY = "pulumi.com/replaceUnready"


@dataclass(frozen=True)
class Result:
    """What an operation left behind.

    Attributes:
        id: The object's id in Pulumi's state.
        state: The properties to store.
        inputs: Inputs to store, when reading.
        not_ready: Why the object isn't ready, if it isn't: the state is stored all the same.
    """

    id: str
    state: Object
    inputs: Object | None = None
    not_ready: NotReadyError | None = None


class Operations:
    """The operations on one cluster."""

    def __init__(self, cluster: Cluster, host: Host) -> None:
        self.cluster = cluster
        self.host = host

    # Differences

    def diff(self, urn: str, state: Object, news: Object, ignored: list[str]) -> diff.Difference:
        """What changing the state's object to new inputs would do."""
        old_inputs, live = checkpoint.parse(state)
        new = checkpoint.to_manifest(news)
        settings = self.cluster.settings
        found = diff.compute(
            new,
            old_inputs,
            live,
            namespaced=self.cluster.namespaced(apply.kind_of(new)),
            patterns=immutable.patterns(new, settings.config_map_mutable, settings.secret_mutable),
            ignored=ignored,
        )
        if found.replaces:
            return found
        if objects.annotation(new, _REPLACE_UNREADY) == "true" and self._unready(urn, new, live):
            path = ("metadata", "annotations", _REPLACE_UNREADY)
            changes = [*found.changes, diff.Change(path, "update", replace=True)]
            return diff.Difference(changes, delete_before_replace=diff.keeps_name(new, live))
        return dryrun.refine(self.cluster, found, new, live, naming.field_manager(urn, state, new))

    def _unready(self, urn: str, new: Object, live: Object) -> bool:
        if not objects.is_kind(new, "batch/v1", "Job"):
            self.host.warning(urn, f"{_REPLACE_UNREADY} is only supported for Jobs")
            return False
        try:
            return not job(apply.get(self.cluster.client(), live)).ready
        except ProviderError:
            return False  # gone or out of reach: the update will say it

    def _change(self, urn: str, inputs: Object, manager: str, preview: bool) -> Change:
        def warn(text: str) -> None:
            if not (self.cluster.settings.no_deprecations and "deprecated" in text):
                self.host.warning(urn, text)

        return Change(self.cluster, inputs, manager, preview, lambda text: self.host.status(urn, text), warn)

    # Create

    def create(self, urn: str, properties: Object, timeout: float, preview: bool) -> Result | None:
        """Create an object and wait until it is ready. A preview that can't ask the server returns None."""
        inputs = checkpoint.to_manifest(properties)
        kind = apply.kind_of(inputs)
        kind_of(urn)
        if preview and (has_unknown(inputs) or not self.cluster.knows(kind)):
            return None
        manager = naming.field_manager(urn, {}, inputs)
        change = self._change(urn, inputs, manager, preview)
        try:
            live = change.create()
        except ApiError as error:
            if preview and _cannot_preview(error):
                return None
            raise ProviderError(_refused(urn, "created", error)) from None
        if preview:
            live.pop("status", None)
            return Result("", self._state(inputs, live, properties, manager))
        return self._awaited(urn, inputs, live, properties, manager, timeout)

    def _awaited(
        self, urn: str, inputs: Object, live: Object, properties: Object, manager: str, timeout: float, first: str = ""
    ) -> Result:
        not_ready = None
        try:
            live = ready.until_ready(
                self.cluster.client(),
                inputs,
                live,
                timeout,
                lambda text: self.host.status(urn, text),
                lambda text: self.host.warning(urn, text),
            )
        except NotReadyError as error:
            not_ready, live = error, error.live
        except ProviderError as error:
            not_ready = NotReadyError(live, [str(error)])
        except Exception as error:
            # The object exists: whatever goes wrong now, defects of ours included, the state must have it.
            not_ready = NotReadyError(live, [f"internal error while waiting: {type(error).__name__}"])
        self.host.status(urn, "")
        state = self._state(inputs, live, properties, manager, first)
        return Result(objects.qualified_name(live), state, not_ready=not_ready)

    def _state(self, inputs: Object, live: Object, properties: Object, manager: str, first: str = "") -> Object:
        version = first or str(inputs.get("apiVersion"))
        return checkpoint.build(inputs, live, properties, version, manager)

    # Read

    def read(self, urn: str, identifier: str, inputs: Object, state: Object) -> Result | None:
        """The live object with this id, or None when it is gone; an import's inputs are made from it."""
        namespace, name = objects.split_id(identifier)
        old_inputs = normalize.inputs(checkpoint.to_manifest(inputs))
        _, old_live = checkpoint.parse(state)
        imported = not old_inputs.get("apiVersion") or not old_inputs.get("kind")
        if imported:
            self._identify(urn, old_inputs, old_live)
        metadata = old_inputs.setdefault("metadata", {})
        metadata.setdefault("name", name)
        if namespace:
            metadata.setdefault("namespace", namespace)
        target = {**old_inputs, "metadata": {"name": name, **({"namespace": namespace} if namespace else {})}}
        if not namespace and self.cluster.namespaced(apply.kind_of(old_inputs)):
            target["metadata"]["namespace"] = self.cluster.default_namespace()
        client = self.cluster.client()
        try:
            live = apply.get(client, target)
        except NoSuchKindError:
            return None
        except ApiError as error:
            if error.not_found:
                return None
            raise
        not_ready = None
        if not imported or state:
            try:
                ready.read(client, old_inputs, live)
            except NotReadyError as error:
                not_ready = error
        manager = naming.field_manager(urn, state, old_inputs)
        live_inputs = normalize.refreshed(old_inputs, old_live, live) if state else _inputs_of(live)
        version = checkpoint.initial_api_version(state, old_inputs)
        new_state = checkpoint.build(live_inputs, live, inputs, version, manager)
        new_inputs = checkpoint.to_properties(copy.deepcopy(live_inputs), inputs)
        return Result(identifier, new_state, new_inputs, not_ready)

    def _identify(self, urn: str, inputs: Object, live: Object) -> None:
        kind = kind_of(urn)
        inputs["apiVersion"] = live.get("apiVersion") or kind.api_version
        inputs["kind"] = live.get("kind") or kind.kind

    # Update

    def update(
        self, urn: str, state: Object, news: Object, timeout: float, preview: bool, ignored: list[str]
    ) -> Result | None:
        """Update an object and wait until it is ready. A preview that can't ask the server returns None."""
        inputs = normalize.inputs(checkpoint.to_manifest(news))
        kind = apply.kind_of(inputs)
        if preview and (has_unknown(inputs) or not self.cluster.knows(kind)):
            return None
        old_inputs, old_live = checkpoint.parse(state)
        old_manager = naming.field_manager(urn, state, old_inputs)
        manager = naming.field_manager(urn, state, inputs)
        client = self.cluster.client()
        change = self._change(urn, inputs, manager, preview)
        try:
            now = apply.get(client, {**inputs, "metadata": objects.metadata(old_live)})
            live = change.update(now, ignored)
        except ApiError as error:
            if preview and error.code == 403:
                return None
            if error.not_found:
                raise ProviderError(
                    f"{urn} can't be updated: it is no longer in the cluster ({error}). "
                    "Run `pulumi refresh`, then the update again"
                ) from None
            raise ProviderError(_refused(urn, "updated", error)) from None
        first = checkpoint.initial_api_version(state, old_inputs)
        if preview:
            return Result("", self._state(inputs, live, news, manager, first))
        if manager != old_manager:
            apply.relinquish_old(client, live, old_manager)
        return self._awaited(urn, inputs, live, news, manager, timeout, first)

    # Delete

    def delete(self, urn: str, state: Object, timeout: float) -> Result | None:
        """Delete an object and wait until it is gone; a result means that it is still there."""
        inputs, live = checkpoint.parse(state)
        manager = naming.field_manager(urn, state, inputs)
        try:
            apply.delete(
                self.cluster.client(), inputs, live, manager, timeout, lambda text: self.host.status(urn, text)
            )
        except NotReadyError as error:
            version = checkpoint.initial_api_version(state, inputs)
            kept = checkpoint.build(inputs, error.live, state, version, manager)
            return Result(objects.qualified_name(live), kept, not_ready=error)
        self.host.status(urn, "")
        return None


def _refused(urn: str, verb: str, error: ApiError) -> str:
    if error.code == 409 and error.reason == "AlreadyExists":
        return (
            f"resource {urn} was not successfully {verb}: {error}\n"
            "  fix: import it, or let the provider adopt existing objects (upsertExistingObjects: true)"
        )
    return f"resource {urn} was not successfully {verb} by the Kubernetes API server: {error}"


def _cannot_preview(error: ApiError) -> bool:
    """Whether a dry run fails for what `up` will have put right: a missing namespace, the old object in the way."""
    return (
        error.not_found
        or error.code == 403
        or (error.code == 409 and error.reason == "AlreadyExists")
        or bool(error.immutable_fields)
        or (error.code == 400 and "does not support dry run" in str(error))
    )


_NOT_INPUTS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid", "selfLink")


def _inputs_of(live: Object) -> Object:
    """Inputs that would make the object: all but what the cluster adds."""
    inputs = copy.deepcopy(live)
    inputs.pop("status", None)
    metadata = objects.metadata(inputs)
    for key in _NOT_INPUTS:
        metadata.pop(key, None)
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict):
        for key in ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"):
            annotations.pop(key, None)
        if not annotations:
            del metadata["annotations"]
    return inputs
