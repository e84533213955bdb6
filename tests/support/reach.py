"""What a pod reaches over the network, asked from inside of it."""

from __future__ import annotations

from tests.support.cluster import Cluster

OPEN = "open"
REFUSED = "EHOSTUNREACH"
"""What a NetworkPolicy in force answers; a port that nobody listens on is ECONNREFUSED."""
PROBE = """
import errno, socket, sys
for target in sys.argv[1:]:
    host, port = target.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 2).close()
        print("open")
    except TimeoutError:
        print("silent")
    except OSError as error:
        print(errno.errorcode.get(error.errno, error))
"""


def reach(cluster: Cluster, namespace: str, pod: str, targets: list[str]) -> list[str]:
    """What a pod gets of each `host:port` by TCP: open, silent, or the name of the error.

    Its first container needs Python.
    """
    return cluster.kubectl("exec", pod, "-n", namespace, "--", "python3", "-c", PROBE, *targets).split()
