"""The kinds of objects in a registry: their tables as Feast's own SQL registry has them, their messages and names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import lean

lean.feast()

from feast.protos.feast.core import (  # noqa: E402 - after Feast is made lean
    DataSource_pb2,
    Entity_pb2,
    FeatureService_pb2,
    FeatureView_pb2,
    InfraObject_pb2,
    Permission_pb2,
    Project_pb2,
    SavedDataset_pb2,
    ValidationProfile_pb2,
)


@dataclass(frozen=True)
class Kind:
    """One of them."""

    table: str
    id: str
    """Column of its name."""
    column: str
    """Column of its message."""
    message: Any
    type: str = ""
    """What a Permission calls it; empty if no Permission can name it."""
    missing: str = "FeastObjectNotFoundException"
    """What Feast raises where there is none of that name."""

    def name(self, message: Any) -> str:
        """Of an object."""
        return str(self.spec(message).name)

    def spec(self, message: Any) -> Any:
        """What was asked for, without what the registry adds."""
        return message.spec if "spec" in message.DESCRIPTOR.fields_by_name else message


def _kind(name: str, message: Any, type_: str = "", missing: str = "", table: str = "") -> Kind:
    return Kind(table or f"{name}s", f"{name}_name", f"{name}_proto", message, type_, missing or Kind.missing)


ENTITY = _kind("entity", Entity_pb2.Entity, "ENTITY", "EntityNotFoundException", "entities")
SOURCE = _kind("data_source", DataSource_pb2.DataSource, "DATA_SOURCE", "DataSourceObjectNotFoundException")
VIEW = _kind("feature_view", FeatureView_pb2.FeatureView, "FEATURE_VIEW", "FeatureViewNotFoundException")
SERVICE = _kind(
    "feature_service", FeatureService_pb2.FeatureService, "FEATURE_SERVICE", "FeatureServiceNotFoundException"
)
DATASET = _kind("saved_dataset", SavedDataset_pb2.SavedDataset, "SAVED_DATASET", "SavedDatasetNotFound")
REFERENCE = _kind(
    "validation_reference", ValidationProfile_pb2.ValidationReference, "VALIDATION_REFERENCE",
    "ValidationReferenceNotFound",
)  # fmt: skip
PERMISSION = _kind("permission", Permission_pb2.Permission, "", "PermissionNotFoundException")
PROJECT = _kind("project", Project_pb2.Project, "", "ProjectObjectNotFoundException")
INFRA = Kind("managed_infra", "infra_name", "infra_proto", InfraObject_pb2.Infra)
KINDS = (ENTITY, SOURCE, VIEW, SERVICE, DATASET, REFERENCE, PERMISSION, PROJECT, INFRA)
