"""SQL on the platform's database server as any role: `psql` in the server's own pod, over TCP with a password.

The password goes in over a pipe. Nothing has to be installed on this machine for it.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field

from tests.support.cluster import Cluster
from tests.support.refused import Refused

NAMESPACE, POD = "mlp-foundation", "statefulset/postgres"
PSQL = "psql -X -q -At -v ON_ERROR_STOP=1"
AS_ROLE = f'IFS= read -r PGPASSWORD; export PGPASSWORD; exec {PSQL} -h 127.0.0.1 -U "$1" -d "$2"'
AS_ADMIN = f'exec {PSQL} -U postgres -d "$1"'
REFUSALS = (
    "permission denied",
    "authentication failed",
    "must be ",
    "not permitted to log in",
    "does not exist",
    "not currently accepting",
)


@dataclass(frozen=True)
class Role:
    """A role with what it shows the server."""

    cluster: Cluster
    name: str
    password: str = field(repr=False)

    def run(self, statement: str, database: str = "") -> list[str]:
        """The rows of a statement in a database, by default that of the role's name; columns are apart by `|`.

        Raises:
            Refused: The server refused the connection or the statement.
        """
        command = ["sh", "-c", AS_ROLE, "sh", self.name, database or self.name]
        return _run(self.cluster, command, f"{self.password}\n{statement}\n")

    def start(self, statement: str) -> subprocess.Popen[str]:
        """A session of its own that runs a statement; the caller ends it."""
        process = subprocess.Popen(
            ["kubectl", "exec", "-i", "-n", NAMESPACE, POD, "--", "sh", "-c", AS_ROLE, "sh", self.name, self.name],
            env=self.cluster.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(f"{self.password}\n{statement}\n")
        process.stdin.close()
        return process


def as_admin(cluster: Cluster, statement: str, database: str = "postgres") -> list[str]:
    """The rows of a statement that the server's admin runs, at the socket inside the pod."""
    return _run(cluster, ["sh", "-c", AS_ADMIN, "sh", database], f"{statement}\n")


def _run(cluster: Cluster, command: list[str], given: str) -> list[str]:
    ran = subprocess.run(
        ["kubectl", "exec", "-i", "-n", NAMESPACE, POD, "--", *command],
        env=cluster.environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if ran.returncode == 0:
        return ran.stdout.splitlines()
    said = ran.stderr.strip()
    if any(refusal in said for refusal in REFUSALS):
        raise Refused("postgres", said)
    raise AssertionError(f"psql exited {ran.returncode}: {said}")
