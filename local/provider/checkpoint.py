"""What goes into Pulumi's state: the live object with `__inputs`, `__initialApiVersion` and `__fieldManager`.

The same form as the official provider's (4.34.2), so either may take over a stack of the other.
"""

from __future__ import annotations

from typing import Any

from local.provider import objects
from local.provider.wire import Object, Secret, has_secret, plain

INPUTS = "__inputs"
API_VERSION = "__initialApiVersion"
FIELD_MANAGER = "__fieldManager"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

# Python and Go names can't have dashes, so a CRD's schema keys have another form in programs and in the state.
_EXTENSIONS = (
    "embedded-resource",
    "int-or-string",
    "list-map-keys",
    "list-type",
    "map-type",
    "preserve-unknown-fields",
    "validations",
)
_TO_DASHES = {f"x_kubernetes_{name.replace('-', '_')}": f"x-kubernetes-{name}" for name in _EXTENSIONS}
_TO_UNDERSCORES = {dashed: underscored for underscored, dashed in _TO_DASHES.items()}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def to_manifest(properties: Object) -> Object:
    """A program's properties as a plain manifest: no secret wrappers, the API's own key names."""
    manifest: Object = _renamed(plain(properties), _TO_DASHES)
    return manifest


def to_properties(manifest: Object, secrets_from: Object) -> Object:
    """A manifest as properties, secret wherever the given properties are and wherever a Secret keeps its data."""
    properties: Object = _renamed(manifest, _TO_UNDERSCORES)
    mark_secrets(properties, secrets_from)
    return properties


def mark_secrets(outs: Object, ins: Object) -> None:
    """Copy secretness from one object to another, in place.

    A list with a secret anywhere becomes secret as a whole, since its order may change.
    """
    if outs.get("kind") == "Secret":
        for key in ("data", "stringData"):
            if key in outs and not isinstance(outs[key], Secret):
                outs[key] = Secret(outs[key])
        annotations = objects.metadata(outs).get("annotations")
        if isinstance(annotations, dict) and _LAST_APPLIED in annotations:
            # kubectl copies the data into this annotation.
            annotations[_LAST_APPLIED] = Secret(annotations[_LAST_APPLIED])
    for key, value in ins.items():
        out = outs.get(key)
        if out is None or isinstance(out, Secret):
            continue
        if isinstance(out, dict) and isinstance(value, dict):
            mark_secrets(out, value)
        elif has_secret(value):
            outs[key] = Secret(out)


def build(inputs: Object, live: Object, secrets_from: Object, api_version: str, manager: str) -> Object:
    """The state of a resource."""
    state = to_properties(live, secrets_from)
    state[INPUTS] = to_properties(inputs, secrets_from)
    state[API_VERSION] = api_version
    state[FIELD_MANAGER] = manager
    return state


def parse(state: Object) -> tuple[Object, Object]:
    """Inputs and live object, as manifests, of a state."""
    live = to_manifest(state)
    inputs = live.pop(INPUTS, None)
    live.pop(API_VERSION, None)
    live.pop(FIELD_MANAGER, None)
    return (inputs if isinstance(inputs, dict) else {}), live


def initial_api_version(state: Object, inputs: Object) -> str:
    """The apiVersion that the object was created with."""
    return objects.text(state.get(API_VERSION)) or objects.text(inputs.get("apiVersion"))
