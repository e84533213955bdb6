"""The node's public face: up, down, purge, state."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local import paths
from local.node import before, cgroups, cleanup, machine, network, pki, plan, processes, programs
from local.node.api import API_ERRORS, Api, unready
from local.node.bringing import bring_up
from local.node.config import NodeAccess, NodeConfig, NodeState
from local.node.files import read_json
from local.node.layout import Layout, layout
from local.node.probes import answers, silent
from local.problem import Problem
from local.tasks import Report


def up(config: NodeConfig, archives: Mapping[str, Path], report: Report) -> NodeAccess:
    """Bring the node up and return when everything in it answers.

    Nothing happens when it runs already with the same configuration and images; what died is started, what changed
    is replaced, and leftovers of a crash or a reboot are removed first.

    Args:
        config: Addresses and ports.
        archives: An OCI archive for each name of `NODE_IMAGES`.
        report: Told what happens.

    Raises:
        Problem: An archive is missing, the data need another configuration, or something didn't come up; then the
            text carries the end of its log.
    """
    where = layout()
    with _locked(where):
        wanted = plan.make(config, archives, where)
        access = NodeAccess(paths.kubeconfig(), config.name, config.registry)
        if _is_up(wanted, where):
            report.cached()
            return access
        bring_up(wanted, where, report)
        return access


def down(report: Report) -> None:
    """End the node and remove all that it made on the machine but its data. Kernel modules stay loaded.

    Raises:
        Problem: Something couldn't be ended or removed.
    """
    where = layout()
    with _locked(where):
        _down(where, report)


def purge(report: Report) -> None:
    """Like `down`, and remove the data too: objects, volumes, registry, certificates."""
    where = layout()
    with _locked(where):
        _down(where, report)
        cleanup.data(where)
        paths.kubeconfig().unlink(missing_ok=True)


def state() -> NodeState:
    """What the node is doing now; changes nothing."""
    where = layout()
    config = plan.last_config(where)
    running = {name: processes.running(where.pid_file(name)) for name in programs.ALL}
    if not where.before.exists() and not any(running.values()):
        return NodeState("stopped")
    reasons = [] if "fingerprint" in (read_json(where.settings) or {}) else ["the last `mlp up` didn't end well"]
    reasons += [f"{name} isn't running (run `mlp up`)" for name, process in running.items() if process is None]
    healthy = answers(f"{config.api}/readyz", where.pki / "ca.crt")
    reasons += _unready(where, config) if healthy else [f"the API server doesn't answer (logs: {where.logs})"]
    if not network.present(config):
        reasons.append(f"the link {network.LINK} or its rules are gone (run `mlp up`)")
    kubelet_process = running["kubelet"]
    return NodeState(
        status="broken" if reasons else "running",
        reasons=tuple(reasons),
        api_healthy=healthy,
        addresses={
            "api": config.api,
            "registry": f"http://{config.registry}",
            "ingress": f"http://127.0.0.1:{config.ingress_port}",
        },
        since=kubelet_process.since if kubelet_process else None,
    )


def _is_up(wanted: plan.Plan, where: Layout) -> bool:
    noted = read_json(where.settings) or {}
    if noted.get("fingerprint") != wanted.fingerprint() or pki.ending(where):
        return False
    alive = all(processes.running(where.pid_file(name)) for name in programs.ALL)
    return alive and network.present(wanted.config) and not _unready(where, wanted.config)


def _unready(where: Layout, config: NodeConfig) -> list[str]:
    noted = read_json(where.settings) or {}
    expected = [(kind, namespace, name) for kind, namespace, name in noted.get("workloads", [])]
    try:
        api = Api(paths.kubeconfig())
        return silent(config, where.pki / "ca.crt") or unready(api, config.name, expected)
    except API_ERRORS as error:
        return [f"the API server: {error}"]


def _down(where: Layout, report: Report) -> None:
    facts = machine.detect()
    tree = cgroups.tree(facts)
    if not where.before.exists() and not tree.pids():
        report.cached()
    for name in (programs.KEEPER, programs.POLICING, "kube-proxy", "kubelet"):
        processes.stop(where.pid_file(name))
    cleanup.end_containers(tree)
    processes.stop(where.pid_file("containerd"))
    left = cleanup.leftovers(where, tree)
    if not left:
        before.restore(where, plan.last_config(where))
        left = [f"cgroup {folder}" for folder in tree.remove()]
    if left:
        raise Problem(f"couldn't be removed: {'; '.join(left)}", "end what holds it and run `mlp down` again")


@contextmanager
def _locked(where: Layout) -> Iterator[None]:
    """One at a time on the machine, whatever home each has: link, rules and cgroups are the machine's."""
    with where.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem("another `mlp up` or `mlp down` is at work on the node", "wait until it has ended") from None
        # Read under the lock: nobody can change it now.
        owner = where.owner.read_text() if where.owner.is_file() else ""
        if owner not in ("", str(where.data)) and cgroups.tree(machine.detect()).pids():
            home = Path(owner).parent
            raise Problem(f"the node of MLP_HOME={home} runs on this machine", f"end it: MLP_HOME={home} mlp down")
        yield
