"""Attempts with the team's key to feature servers. What it may see and read there test_features.py says."""

from __future__ import annotations

from tests.support import teams
from tests.support.attempts.attempt import Attacker, Attempt, Target
from tests.support.web import Site, bearer

REFUSED = "401"


def share(who: Attacker, target: Target) -> None:
    """Have a third team read what the target has, which with no view is allowed to nobody else either."""
    port = who.team.ingress.rpartition(":")[2]
    host = f"features-{target.namespace.removeprefix('team-')}.localhost:{port}"
    key = teams.secret(who.cluster, who.team.name, "feature-keys")["FEATURES_KEY"]
    Site("features", who.team.ingress, host).ask("PUT", "/shared/team-e2e", {"views": []}, bearer(key))


ATTEMPTS = (Attempt("features-share", REFUSED, share),)
