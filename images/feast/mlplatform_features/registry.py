"""The registry of all teams: Feast's own protocol, over Feast's own tables, with a gate that fails closed.

A team writes in the project of its name alone. Of another's it sees what a Permission there lets it (`grants`). What is
no method of this table isn't served at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from . import grants, kinds, taken
from .grants import DESCRIBE, READ_ONLINE, Sight
from .kept import Kept
from .kinds import ENTITY, INFRA, PERMISSION, PROJECT, SERVICE, SOURCE, VIEW, Kind
from .problem import NotAllowedError, NotFoundError, RefusedError

from feast.protos.feast.core.Registry_pb2 import ProjectMetadata, Registry  # isort: skip
from feast.protos.feast.registry import RegistryServer_pb2 as protocol  # isort: skip
from google.protobuf.empty_pb2 import Empty  # isort: skip

INFRA_NAME = "infra_obj"
SHARED = "shared-with-"
"""What the name of a Permission begins with that `share` has made."""
APPLIED = {
    "ApplyEntity": (ENTITY, "entity"),
    "ApplyDataSource": (SOURCE, "data_source"),
    "ApplyFeatureView": (VIEW, "feature_view"),
    "ApplyFeatureService": (SERVICE, "feature_service"),
    "ApplySavedDataset": (kinds.DATASET, "saved_dataset"),
    "ApplyValidationReference": (kinds.REFERENCE, "validation_reference"),
    "ApplyPermission": (PERMISSION, "permission"),
    "UpdateInfra": (INFRA, "infra"),
}
GOTTEN = {
    "GetEntity": ENTITY,
    "GetDataSource": SOURCE,
    "GetFeatureView": VIEW,
    "GetFeatureService": SERVICE,
    "GetSavedDataset": kinds.DATASET,
    "GetValidationReference": kinds.REFERENCE,
    "GetPermission": PERMISSION,
}
LISTED = {
    "ListEntities": (ENTITY, "entities"),
    "ListDataSources": (SOURCE, "data_sources"),
    "ListFeatureViews": (VIEW, "feature_views"),
    "ListFeatureServices": (SERVICE, "feature_services"),
    "ListSavedDatasets": (kinds.DATASET, "saved_datasets"),
    "ListValidationReferences": (kinds.REFERENCE, "validation_references"),
    "ListPermissions": (PERMISSION, "permissions"),
}
DELETED = {
    "DeleteEntity": ENTITY,
    "DeleteDataSource": SOURCE,
    "DeleteFeatureView": VIEW,
    "DeleteFeatureService": SERVICE,
    "DeleteSavedDataset": kinds.DATASET,
    "DeleteValidationReference": kinds.REFERENCE,
    "DeletePermission": PERMISSION,
}
NEVER_THERE = ("GetStreamFeatureView", "GetOnDemandFeatureView", "GetLabelView")
ALWAYS_EMPTY = ("ListStreamFeatureViews", "ListOnDemandFeatureViews", "ListLabelViews")
"""Views that are code (`taken`)."""


def digest(key: str) -> str:
    """What is kept of a key, which has 256 random bits: nothing slower is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


class Catalogue:
    """What teams ask of it, as functions of who asks."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self.methods: dict[str, Callable[[str, Any], Any]] = {
            **{name: self._applying(*of) for name, of in APPLIED.items()},
            **{name: self._getting(kind) for name, kind in GOTTEN.items()},
            **{name: self._listing(name, *of) for name, of in LISTED.items()},
            **{name: self._deleting(kind) for name, kind in DELETED.items()},
            **dict.fromkeys(NEVER_THERE, self._missing),
            **{name: self._empty(name) for name in ALWAYS_EMPTY},
            "GetAnyFeatureView": self._get_any,
            "ListAllFeatureViews": self._list_any,
            "ApplyProject": self._apply_project,
            "GetProject": self._get_project,
            "ListProjects": self._list_projects,
            "DeleteProject": self._delete_project,
            "ApplyMaterialization": self._materialized,
            "GetInfra": self._get_infra,
            "ListProjectMetadata": self._metadata,
            "Proto": self._proto,
            "Commit": lambda team, request: Empty(),
            "Refresh": lambda team, request: Empty(),
        }

    def who(self, key: str) -> str:
        """The team whose key it is.

        Raises:
            NotAllowedError: It is nobody's.
        """
        team = self.kept.team(digest(key)) if key else None
        if team is None:
            raise NotAllowedError("this key is nobody's")
        return team

    def sight(self, team: str, project: str) -> Sight:
        """What a team may do in a project."""
        if team == project:
            return Sight(team, project)
        return Sight(team, project, [grants.grant(found) for found in self.kept.all(PERMISSION, project)])

    def seen(self, team: str, project: str, kind: Kind) -> list[Any]:
        """The objects of a kind that a team may see in a project."""
        found, sight = self.kept.all(kind, project), self.sight(team, project)
        if sight.owner:
            return found
        if not sight.grants or not kind.type:
            return []
        visible = {name for name in map(kind.name, found) if kind is VIEW}
        if kind in (ENTITY, SERVICE):
            views = self.seen(team, project, VIEW)
            visible = {view.spec.name for view in views}
            if kind is ENTITY:
                used = {entity for view in views for entity in view.spec.entities}
                return [one for one in found if kind.name(one) in used or _described(sight, kind, one)]
        return [
            one
            for one in found
            if _described(sight, kind, one)
            and (kind is not SERVICE or {part.feature_view_name for part in one.spec.features} <= visible)
        ]

    def projects_of(self, team: str) -> list[str]:
        """Its own, and those with something for it to see."""
        return [name for name in self.kept.projects() if name == team or self.seen(team, name, VIEW)]

    def readable(self, team: str, project: str) -> list[str]:
        """The views whose values a team may read online."""
        sight = self.sight(team, project)
        return [
            view.spec.name
            for view in self.kept.all(VIEW, project)
            if sight.may(VIEW.type, view.spec.name, READ_ONLINE, dict(view.spec.tags))
        ]

    def share(self, team: str, with_: str, views: Sequence[str]) -> list[str]:
        """Let another team see and read these views of a team's project, and no other by this; what it may read now.

        Raises:
            RefusedError: There is no such view.
        """
        known = {view.spec.name for view in self.kept.all(VIEW, team)}
        if missing := sorted(set(views) - known):
            raise RefusedError(f"there is no feature view {missing[0]}: it has {', '.join(sorted(known)) or 'none'}")
        name = f"{SHARED}{with_}"
        if not views:
            self.kept.delete(PERMISSION, team, name)
            return []
        made = PERMISSION.message()
        made.spec.name = name
        made.spec.types.append(made.spec.Type.Value(VIEW.type))
        made.spec.name_patterns.extend(sorted(set(views)))
        made.spec.actions.extend(made.spec.AuthzedAction.Value(action) for action in (DESCRIBE, READ_ONLINE))
        made.spec.policy.role_based_policy.roles.append(with_)
        self._put(PERMISSION, team, name, made)
        return sorted(set(views))

    def shared(self, project: str) -> dict[str, list[str]]:
        """By view, the other teams that may read it."""
        found: dict[str, list[str]] = {view.spec.name: [] for view in self.kept.all(VIEW, project)}
        teams = {team for one in self.kept.all(PERMISSION, project) for team in grants.grant(one).teams}
        for team in sorted(teams):
            for view in self.readable(team, project):
                found[view].append(team)
        return found

    def _own(self, team: str, project: str) -> None:
        if team != project:
            raise NotAllowedError(f"{team} may not change project {project}")

    def _applying(self, kind: Kind, field: str) -> Callable[[str, Any], Any]:
        def apply(team: str, request: Any) -> Any:
            self._own(team, request.project)
            if not request.HasField(field):
                raise RefusedError("a view that is code: the registry keeps feature views over data alone")
            message = getattr(request, field)
            self._put(kind, request.project, INFRA_NAME if kind is INFRA else kind.name(message), message)
            return Empty()

        return apply

    def _put(self, kind: Kind, project: str, name: str, message: Any) -> None:
        """Keep it; what the registry knows besides stays as it is."""
        taken.check(kind.table, message, project)
        self._project(project)
        spec, before = kind.spec(message), self.kept.get(kind, project, name)
        if "project" in spec.DESCRIPTOR.fields_by_name:
            spec.project = project
        now = datetime.now(UTC)
        if kind is VIEW and before is not None and not message.meta.materialization_intervals:
            message.meta.materialization_intervals.extend(before.meta.materialization_intervals)
            message.meta.state = before.meta.state
        if "meta" in message.DESCRIPTOR.fields_by_name and kind is not SOURCE:
            if before is not None and before.meta.HasField("created_timestamp"):
                message.meta.created_timestamp.CopyFrom(before.meta.created_timestamp)
            else:
                message.meta.created_timestamp.FromDatetime(now)
            if "last_updated_timestamp" in message.meta.DESCRIPTOR.fields_by_name:
                message.meta.last_updated_timestamp.FromDatetime(now)
        self.kept.put(kind, project, name, message)

    def _project(self, name: str) -> None:
        """There is a project wherever there is something in it."""
        if self.kept.get(PROJECT, name, name) is None:
            made = PROJECT.message()
            made.spec.name = name
            made.meta.created_timestamp.FromDatetime(datetime.now(UTC))
            self.kept.put(PROJECT, name, name, made)

    def _getting(self, kind: Kind) -> Callable[[str, Any], Any]:
        def get(team: str, request: Any) -> Any:
            for one in self.seen(team, request.project, kind):
                if kind.name(one) == request.name:
                    return one
            raise NotFoundError(kind.missing, request.name, request.project)

        return get

    def _listing(self, method: str, kind: Kind, field: str) -> Callable[[str, Any], Any]:
        def list_(team: str, request: Any) -> Any:
            found = self.seen(team, request.project, kind)
            return _answer(method, field, _tagged(kind, found, request))

        return list_

    def _deleting(self, kind: Kind) -> Callable[[str, Any], Any]:
        def delete(team: str, request: Any) -> Any:
            self._own(team, request.project)
            if not self.kept.delete(kind, request.project, request.name):
                raise NotFoundError(kind.missing, request.name, request.project)
            return Empty()

        return delete

    def _missing(self, team: str, request: Any) -> Any:
        raise NotFoundError(VIEW.missing, request.name, request.project)

    def _empty(self, method: str) -> Callable[[str, Any], Any]:
        return lambda team, request: getattr(protocol, f"{method}Response")()

    def _get_any(self, team: str, request: Any) -> Any:
        view = self._getting(VIEW)(team, request)
        return protocol.GetAnyFeatureViewResponse(any_feature_view=protocol.AnyFeatureView(feature_view=view))

    def _list_any(self, team: str, request: Any) -> Any:
        views = _tagged(VIEW, self.seen(team, request.project, VIEW), request)
        return _answer(
            "ListAllFeatureViews", "feature_views", [protocol.AnyFeatureView(feature_view=view) for view in views]
        )

    def _apply_project(self, team: str, request: Any) -> Any:
        self._own(team, request.project.spec.name)
        self._put(PROJECT, team, team, request.project)
        return Empty()

    def _get_project(self, team: str, request: Any) -> Any:
        found = self.kept.get(PROJECT, request.name, request.name)
        if found is None or request.name not in self.projects_of(team):
            raise NotFoundError(PROJECT.missing, request.name, request.name)
        return found

    def _list_projects(self, team: str, request: Any) -> Any:
        found = [self.kept.get(PROJECT, name, name) for name in self.projects_of(team)]
        return _answer("ListProjects", "projects", _tagged(PROJECT, [one for one in found if one is not None], request))

    def _delete_project(self, team: str, request: Any) -> Any:
        self._own(team, request.name)
        self.kept.purge(team)
        return Empty()

    def _materialized(self, team: str, request: Any) -> Any:
        self._own(team, request.project)
        view = self.kept.get(VIEW, request.project, request.feature_view.spec.name)
        if view is None:
            raise NotFoundError(VIEW.missing, request.feature_view.spec.name, request.project)
        made = view.meta.materialization_intervals.add()
        made.start_time.CopyFrom(request.start_date)
        made.end_time.CopyFrom(request.end_date)
        # All of them side by side say no more than the first and the last: a view of years would grow for ever.
        _joined(view.meta)
        self.kept.put(VIEW, request.project, view.spec.name, view)
        return Empty()

    def _get_infra(self, team: str, request: Any) -> Any:
        self._own(team, request.project)
        return self.kept.get(INFRA, request.project, INFRA_NAME) or INFRA.message()

    def _metadata(self, team: str, request: Any) -> Any:
        if request.project not in self.projects_of(team):
            return protocol.ListProjectMetadataResponse()
        return protocol.ListProjectMetadataResponse(project_metadata=[ProjectMetadata(project=request.project)])

    def _proto(self, team: str, request: Any) -> Any:
        whole = Registry()
        whole.last_updated.FromDatetime(datetime.now(UTC))
        for project in self.projects_of(team):
            whole.MergeFrom(self.definitions(team, project))
        return whole

    def definitions(self, team: str, project: str) -> Any:
        """All that a team may see of a project."""
        found = Registry()
        if (own := self.kept.get(PROJECT, project, project)) is not None:
            found.projects.append(own)
        for _, (kind, field) in LISTED.items():
            getattr(found, field).extend(self.seen(team, project, kind))
        return found


def _joined(meta: Any) -> None:
    """Intervals that touch become one."""
    pairs = sorted(
        (one.start_time.ToNanoseconds(), one.end_time.ToNanoseconds()) for one in meta.materialization_intervals
    )
    joined: list[tuple[int, int]] = []
    for start, end in pairs:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    del meta.materialization_intervals[:]
    for start, end in joined:
        made = meta.materialization_intervals.add()
        made.start_time.FromNanoseconds(start)
        made.end_time.FromNanoseconds(end)


def _described(sight: Sight, kind: Kind, message: Any) -> bool:
    spec = kind.spec(message)
    return sight.may(kind.type, spec.name, DESCRIBE, dict(getattr(spec, "tags", {})))


def _tagged(kind: Kind, found: Iterable[Any], request: Any) -> list[Any]:
    wanted = dict(request.tags)
    return [one for one in found if wanted.items() <= dict(getattr(kind.spec(one), "tags", {})).items()]


def _answer(method: str, field: str, found: list[Any]) -> Any:
    return getattr(protocol, f"{method}Response")(**{field: found})
