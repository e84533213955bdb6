"""Types that are served, and those that aren't."""

from __future__ import annotations

import pytest

from local.provider.errors import ProviderError
from local.provider.urns import Kind, kind_of, name_of


def urn(token: str, parent: str = "") -> str:
    return f"urn:pulumi:stack::project::{parent}{token}::a::b"


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("kubernetes:core/v1:Pod", Kind("", "v1", "Pod")),
        ("kubernetes:apps/v1:Deployment", Kind("apps", "v1", "Deployment")),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:Role",
            Kind("rbac.authorization.k8s.io", "v1", "Role"),
        ),
        ("kubernetes:example.com/v1alpha1:Widget", Kind("example.com", "v1alpha1", "Widget")),
    ],
)
def test_kinds(token: str, kind: Kind) -> None:
    assert kind_of(urn(token)) == kind
    assert kind_of(urn(token, parent="mlplatform:a:B$kubernetes:core/v1:Namespace$")) == kind
    assert name_of(urn(token)) == "a::b"


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("kubernetes:helm.sh/v3:Release", "Helm"),
        ("kubernetes:helm.sh/v4:Chart", "Helm"),
        ("kubernetes:yaml:ConfigFile", "YAML"),
        ("kubernetes:yaml/v2:ConfigGroup", "YAML"),
        ("kubernetes:kustomize/v2:Directory", "Kustomize"),
        ("kubernetes:core/v1:PodList", "lists"),
        ("kubernetes:core/v1:PodPatch", "patch resources"),
        ("kubernetes:v1:Pod", "group and a version"),
        ("aws:s3/bucket:Bucket", "no type of the Kubernetes provider"),
    ],
)
def test_types_that_are_not_served_say_why(token: str, says: str) -> None:
    with pytest.raises(ProviderError, match=says):
        kind_of(urn(token))


def test_api_versions() -> None:
    assert Kind.of("v1", "Pod") == Kind("", "v1", "Pod")
    assert Kind.of("core/v1", "Pod").api_version == "v1"
    assert Kind.of("apps/v1", "Deployment").api_version == "apps/v1"
