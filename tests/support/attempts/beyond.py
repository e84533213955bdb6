"""Attempts at what no team may do anywhere: there is nothing of its own to try them on."""

from __future__ import annotations

import json

from tests.support import sql
from tests.support.attempts.attempt import Attacker, Attempt, Target
from tests.support.web import Site, bearer

FORBIDDEN = r"\(Forbidden\)"


def read_template(who: Attacker, target: Target) -> None:
    """The database that every team's begins as."""
    (name, *_) = sql.as_admin(who.cluster, "SELECT datname FROM pg_database WHERE datname LIKE 'airflow-%'")
    who.team.role.run("SELECT 1", name)


def make_bucket(who: Attacker, target: Target) -> None:
    with who.team.account.client() as s3:
        s3.create_bucket(Bucket="e2e-made")


def list_accounts(who: Attacker, target: Target) -> None:
    who.team.account.admin("PATCH", "/list-users")


def make_account(who: Attacker, target: Target) -> None:
    account = "<Account><Access>e2e-made</Access><Secret>of-the-test</Secret><Role>admin</Role></Account>"
    who.team.account.admin("PATCH", "/create-user", account)


def make_workspace(who: Attacker, target: Target) -> None:
    who.mlflow.ask("POST", "/api/3.0/mlflow/workspaces", {"name": "e2e-made"}, who.team.mlflow_headers())


def become_mlflow_admin(who: Attacker, target: Target) -> None:
    body = {"username": who.team.name, "is_admin": True}
    who.mlflow.ask("PATCH", "/api/2.0/mlflow/users/update-admin", body, who.team.mlflow_headers())


def take_repository(who: Attacker, target: Target) -> None:
    """The git server's admin API, with all that the team has."""
    site = _tool(who, "git")
    password = who.team.keys["repository"]
    body = {"password": password, "check": None}
    site.ask("PUT", "/-/repositories/team-search", body, bearer(password))


def read_metrics(who: Attacker, target: Target) -> None:
    """Everybody's metrics, by the passwords that the team has."""
    _tool(who, "prometheus").ask("GET", "/api/v1/query?query=up", headers=who.team.mlflow_headers())


def silence_alerts(who: Attacker, target: Target) -> None:
    """Every alert of everybody."""
    matcher = {"name": "alertname", "value": ".+", "isRegex": True}
    times = {"startsAt": "2026-01-01T00:00:00Z", "endsAt": "2036-01-01T00:00:00Z"}
    silence = {"matchers": [matcher], **times, "createdBy": "e2e", "comment": "e2e"}
    _tool(who, "alertmanager").ask("POST", "/api/v2/silences", silence, who.team.mlflow_headers())


def _tool(who: Attacker, name: str) -> Site:
    return Site(name, who.team.ingress, f"{name}.localhost:{who.team.ingress.rpartition(':')[2]}")


def see_all_secrets(who: Attacker, target: Target) -> None:
    who.member.kubectl("get", "secrets", "-A")


def see_namespaces(who: Attacker, target: Target) -> None:
    who.member.kubectl("get", "namespaces")


def loosen_pod_security(who: Attacker, target: Target) -> None:
    label = "pod-security.kubernetes.io/enforce=privileged"
    who.member.kubectl("label", "namespace", who.team.name, label, "--overwrite")


def drop_admission(who: Attacker, target: Target) -> None:
    who.member.kubectl("delete", "validatingadmissionpolicybindings", "--all")


def take_all_rights(who: Attacker, target: Target) -> None:
    """A binding in its own namespace to more than it has."""
    binding = ("rolebinding", "e2e-attempt", "-n", who.team.name)
    who.member.kubectl("create", *binding, "--clusterrole=cluster-admin", f"--serviceaccount={who.team.name}:airflow")


def copy_database(who: Attacker, target: Target) -> None:
    """Another team's database as the template of its own."""
    patch = json.dumps({"spec": {"database": {"template": "team-search"}}})
    name = who.team.name
    who.member.kubectl("patch", "tenant", "-n", name, name, "--type=merge", "--dry-run=server", "-p", patch)


def raise_quota(who: Attacker, target: Target) -> None:
    who.member.kubectl("delete", "resourcequota", "-n", who.team.name, "--all")


ATTEMPTS = (
    Attempt("database-template", "permission denied|not currently accepting", read_template),
    Attempt("bucket-make", "AccessDenied", make_bucket),
    Attempt("accounts-list", "403", list_accounts),
    Attempt("account-make", "403", make_account),
    Attempt("workspace-make", "403", make_workspace),
    Attempt("mlflow-become-admin", "403", become_mlflow_admin),
    Attempt("repository-take", "401|403|404", take_repository),
    Attempt("metrics-of-all", "401", read_metrics),
    Attempt("alerts-silence", "401", silence_alerts),
    Attempt("secrets-of-all", FORBIDDEN, see_all_secrets),
    Attempt("namespaces-list", FORBIDDEN, see_namespaces),
    Attempt("pod-security-loosen", FORBIDDEN, loosen_pod_security),
    Attempt("admission-drop", FORBIDDEN, drop_admission),
    Attempt("rights-take-all", "attempting to grant RBAC permissions not currently held", take_all_rights),
    Attempt("database-copy", "is invalid", copy_database),
    Attempt("quota-drop", FORBIDDEN, raise_quota),
)
