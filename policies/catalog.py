"""All rules, by area and name."""

from __future__ import annotations

from policies.cost import bounded_scratch, jobs_end, requests, team_quota
from policies.reliability import memory_limit, one_writer, readiness, stable_apis
from policies.reproducibility import images_by_digest
from policies.rule import Rule, StackRule
from policies.security import (
    least_rights,
    no_cluster_admin,
    no_host,
    no_plain_secrets,
    no_privilege,
    no_unasked_token,
    non_root,
    read_only_root,
    restricted_namespaces,
    seccomp,
)
from policies.tenancy import denied_by_default, own_namespace, own_subjects

RULES: tuple[Rule | StackRule, ...] = (
    bounded_scratch.RULE,
    jobs_end.RULE,
    requests.RULE,
    team_quota.RULE,
    memory_limit.RULE,
    one_writer.RULE,
    readiness.RULE,
    stable_apis.RULE,
    images_by_digest.RULE,
    least_rights.RULE,
    no_cluster_admin.RULE,
    no_host.RULE,
    no_plain_secrets.RULE,
    no_privilege.RULE,
    no_unasked_token.RULE,
    non_root.RULE,
    read_only_root.RULE,
    restricted_namespaces.RULE,
    seccomp.RULE,
    denied_by_default.RULE,
    own_namespace.RULE,
    own_subjects.RULE,
)
BY_NAME = {rule.name: rule for rule in RULES}
