"""How a pod says that it has metrics: annotations that Prometheus finds it by."""

from components.kubernetes.labels import GROUP

PORTS = f"{GROUP}/metrics-port"
"""Its ports, apart by commas."""
PATH = f"{GROUP}/metrics-path"
"""Where they are, if not at /metrics."""
MOST = 2
"""So many ports a pod."""


def annotations(*ports: int, path: str = "/metrics") -> dict[str, str]:
    """Of a pod that has metrics on these ports."""
    if not 1 <= len(ports) <= MOST:
        raise ValueError(f"a pod has metrics on 1 to {MOST} ports, not {len(ports)}")
    found = {PORTS: ",".join(map(str, ports))}
    return found if path == "/metrics" else {**found, PATH: path}
