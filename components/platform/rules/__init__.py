"""Every rule of the platform."""

from components.platform.rules import cluster, models, monitoring, node, teams, tools
from components.platform.rules.rule import Alert, Group, Record

GROUPS: tuple[Group, ...] = (
    node.GROUP,
    cluster.GROUP,
    tools.GROUP,
    teams.GROUP,
    models.GROUP,
    monitoring.GROUP,
)

__all__ = ["GROUPS", "Alert", "Group", "Record"]
