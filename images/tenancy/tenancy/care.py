"""What the controller does for a Tenant: the tools side by side, each with a condition of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from . import names
from .cluster import Cluster, key_of
from .conditions import Outcome
from .database import Server
from .errors import ToolError, without
from .features import FeatureRegistry
from .object_store import Gateway
from .repository import Check, GitServer
from .settings import Settings
from .tenant import Tenant
from .tracking import Mlflow

Tool = Server | Gateway | Mlflow | GitServer | FeatureRegistry
Act = Callable[[], str]
"""Does something to one tool, and says what there is now."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Care:
    """The tools, found anew at each use: an admin's password may have been rotated since."""

    settings: Settings
    cluster: Cluster

    def give(self, tenant: Tenant) -> list[Outcome]:
        """Give a Tenant what it asks for. What can't be given is in its condition; nothing is raised."""
        try:
            keys = self.cluster.secret(tenant.namespace, tenant.secret)
        except ToolError as error:
            return [Outcome(what, False, False, error.reason, str(error)) for what in self._giving(tenant, {})]
        return _side_by_side(self._giving(tenant, keys), "Given", list(keys.values()))

    def take(self, tenant: Tenant) -> list[Outcome]:
        """End a Tenant's access, and purge its data if it says so. What can't be is in its condition."""
        outcomes = _side_by_side(self._taking(tenant), "Purged" if tenant.purge else "AccessEnded", [])
        return [replace(outcome, ready=False) for outcome in outcomes]

    def database(self) -> Server:
        """The database server as its admin."""
        user, password = self.cluster.sign_in(self.settings.database_admin)
        where = self.settings
        return Server(where.database_host, where.database_port, where.database_tls, user, password)

    def object_store(self) -> Gateway:
        """The object store as its root account."""
        access, secret = self.cluster.sign_in(self.settings.object_store_admin)
        return Gateway(self.settings.object_store_endpoint, self.settings.object_store_region, access, secret)

    def tracking(self) -> Mlflow:
        """MLflow as its admin."""
        return Mlflow(self.settings.tracking_uri, *self.cluster.sign_in(self.settings.tracking_admin))

    def repositories(self) -> GitServer:
        """The git server as its admin."""
        return GitServer(self.settings.repositories_uri, self.cluster.sign_in(self.settings.repositories_admin)[1])

    def features(self) -> FeatureRegistry:
        """The feature registry as its admin."""
        return FeatureRegistry(self.settings.features_uri, self.cluster.sign_in(self.settings.features_admin)[1])

    def _giving(self, tenant: Tenant, keys: Mapping[str, str]) -> dict[str, Act]:
        name, where = tenant.name, f"{tenant.namespace}/{tenant.secret}"

        def database() -> str:
            if tenant.template is not None and not names.template_allowed(tenant.template):
                raise ToolError(f"database {tenant.template} is no template", "TemplateNotAllowed")
            self.database().give(name, key_of(keys, "database-password", where), tenant.template)
            return f"role {name} owns database {name}"

        def object_store() -> str:
            self.object_store().give(name, key_of(keys, "object-store-secret-key", where))
            return f"account {name} owns bucket {name}"

        def tracking() -> str:
            self.tracking().give(name, key_of(keys, "tracking-password", where))
            return f"user {name} may use workspace {name}"

        def repository() -> str:
            password = key_of(keys, "repository-password", where)
            self.repositories().give(name, password, self._check(tenant, keys))
            return f"user {name} may use repository {name}"

        def features() -> str:
            self.features().give(name, key_of(keys, "features-key", where))
            return f"the key of {name} opens its project in the feature registry"

        return {
            "DatabaseReady": database,
            "ObjectStoreReady": object_store,
            "TrackingReady": tracking,
            "RepositoryReady": repository,
            **({"FeaturesReady": features} if tenant.features else {}),
        }

    def _check(self, tenant: Tenant, keys: Mapping[str, str]) -> Check | None:
        if tenant.check_url is None:
            return None
        if not names.check_allowed(tenant.check_url, tenant.namespace):
            raise ToolError(f"{tenant.check_url} isn't a Service of namespace {tenant.namespace}", "CheckNotAllowed")
        return Check(tenant.check_url, key_of(keys, "check-key", f"{tenant.namespace}/{tenant.secret}"))

    def _taking(self, tenant: Tenant) -> dict[str, Act]:
        tools: dict[str, Callable[[], Tool]] = {
            "DatabaseReady": self.database,
            "ObjectStoreReady": self.object_store,
            "TrackingReady": self.tracking,
            "RepositoryReady": self.repositories,
            # Also of one that has none now: it may have had one.
            "FeaturesReady": self.features,
        }

        def taking(tool: Callable[[], Tool]) -> Act:
            def act() -> str:
                if tenant.purge:
                    tool().purge(tenant.name)
                    return f"nothing of {tenant.name} is left"
                tool().end(tenant.name)
                return f"{tenant.name} has no access; its data is kept"

            return act

        return {what: taking(tool) for what, tool in tools.items()}


def _side_by_side(acts: Mapping[str, Act], reason: str, secrets: Sequence[str]) -> list[Outcome]:
    """All acts at once: together they take as long as the slowest."""
    with ThreadPoolExecutor(len(acts), thread_name_prefix="tool") as threads:
        running = [threads.submit(_outcome, what, act, reason, secrets) for what, act in acts.items()]
        return [outcome.result() for outcome in running]


def _outcome(what: str, act: Act, reason: str, secrets: Sequence[str]) -> Outcome:
    """What came of it, whatever that is: one tool's trouble isn't the others'."""
    try:
        return Outcome(what, True, True, reason, act())
    except ToolError as error:
        return Outcome(what, False, False, error.reason, without(str(error), secrets))
    except Exception as error:
        # What it says isn't ours, and may hold anything; where it was helps who reads the log.
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "?"
        log.error("%s: %s at %s", what, type(error).__name__, place)
        return Outcome(what, False, False, "Failed", f"the controller failed with {type(error).__name__} at {place}")
