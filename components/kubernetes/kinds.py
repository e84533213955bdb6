"""Kinds of our own: how the API server is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes import objects
from components.kubernetes.labels import GROUP


@dataclass(frozen=True)
class Kind:
    """One kind in one version, namespaced, with a status of its own."""

    name: str
    plural: str
    version: str
    schema: dict[str, Any]
    columns: list[dict[str, Any]]
    short: tuple[str, ...] = ()
    """What people may type instead of the plural."""


def kind(
    resource_name: str, kind: Kind, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> k8s.apiextensions.v1.CustomResourceDefinition:
    """The definition of a kind."""
    api = k8s.apiextensions.v1
    return api.CustomResourceDefinition(
        resource_name,
        metadata=objects.metadata(f"{kind.plural}.{GROUP}", labels),
        spec=api.CustomResourceDefinitionSpecArgs(
            group=GROUP,
            scope="Namespaced",
            names=api.CustomResourceDefinitionNamesArgs(
                kind=kind.name,
                list_kind=f"{kind.name}List",
                plural=kind.plural,
                singular=kind.name.lower(),
                short_names=list(kind.short) or None,
            ),
            versions=[
                api.CustomResourceDefinitionVersionArgs(
                    name=kind.version,
                    served=True,
                    storage=True,
                    schema=api.CustomResourceValidationArgs(
                        open_apiv3_schema=kind.schema  # type: ignore[arg-type] # a dict is taken as it is
                    ),
                    subresources=api.CustomResourceSubresourcesArgs(status={}),
                    additional_printer_columns=kind.columns,  # type: ignore[arg-type] # the same
                )
            ],
        ),
        opts=opts,
    )
