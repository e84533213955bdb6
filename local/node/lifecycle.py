"""Bringing the node up, from whatever state it is in, and down."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local import paths
from local.node import (
    before,
    cgroups,
    cleanup,
    containerd,
    diagnose,
    kube_proxy,
    kubelet,
    machine,
    manifests,
    network,
    pki,
    processes,
    programs,
    sysctls,
    users,
)
from local.node.api import API_ERRORS, Api, unready
from local.node.config import NODE_IMAGES, NodeAccess, NodeConfig, NodeState
from local.node.files import read_json, write, write_json
from local.node.layout import Layout, layout
from local.node.probes import answers, silent
from local.problem import Problem
from local.tasks import Report
from local.toolchain import gobinaries

API_TIMEOUT = 180
READY_TIMEOUT = 240
"""Seconds; several times what a slow machine needs, so that what doesn't come by then has failed."""


@dataclass(frozen=True)
class Plan:
    """All that decides what runs; equal plans give equal nodes."""

    config: NodeConfig
    images: dict[str, str]
    static_pods: dict[str, str]
    addons: list[dict[str, Any]]
    machine: machine.Machine
    binaries: dict[str, Path]

    def fingerprint(self) -> str:
        """Changes with anything in the plan."""
        parts = [self.config, self.images, self.static_pods, self.addons, self.machine, self.binaries]
        return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()


def up(config: NodeConfig, archives: Mapping[str, Path], report: Report) -> NodeAccess:
    """Bring the node up and return when everything in it answers.

    Nothing happens when it runs already with the same configuration and images; what died is started, what changed
    is replaced, and leftovers of a crash or a reboot are removed first.

    Args:
        config: Addresses and ports.
        archives: An OCI archive for each name of `NODE_IMAGES`.
        report: Told what happens.

    Raises:
        Problem: Something didn't come up; the text carries the end of its log.
    """
    if missing := set(NODE_IMAGES) - set(archives):
        raise Problem(f"no archive of the node's images {', '.join(sorted(missing))}", "build them: `mlp images`")
    where = layout()
    with _locked():
        _check_fixed(config, where)
        plan = _plan(config, archives, where)
        access = NodeAccess(paths.kubeconfig(), config.name, config.registry)
        if _is_up(plan, where):
            report.cached()
            return access
        _bring_up(plan, archives, where, report)
        return access


def down(report: Report) -> None:
    """End the node and remove all that it made on the machine but its data. Kernel modules stay loaded.

    Raises:
        Problem: Something couldn't be ended or removed.
    """
    with _locked():
        _down(layout(), report)


def purge(report: Report) -> None:
    """Like `down`, and remove the data too: objects, volumes, registry, certificates."""
    where = layout()
    with _locked():
        _down(where, report)
        shutil.rmtree(where.data, ignore_errors=True)
        paths.kubeconfig().unlink(missing_ok=True)


def state() -> NodeState:
    """What the node is doing now; changes nothing."""
    where = layout()
    config = _last_config(where)
    running = {name: processes.running(where.pid_file(name)) for name in programs.LOGGING}
    if not where.before.exists() and not any(running.values()):
        return NodeState("stopped")
    reasons = [f"{name} isn't running (run `mlp up`)" for name, process in running.items() if process is None]
    healthy = answers(f"{config.api}/readyz", where.pki / "ca.crt")
    reasons += _unready(where, config) if healthy else [f"the API server doesn't answer (logs: {where.logs})"]
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


def _plan(config: NodeConfig, archives: Mapping[str, Path], where: Layout) -> Plan:
    facts = machine.detect()
    images = containerd.references({name: archives[name] for name in NODE_IMAGES})
    given = manifests.values(config, where, facts, images)
    return Plan(
        config=config,
        images=images,
        static_pods=manifests.static_pods(given),
        addons=manifests.addons(given),
        machine=facts,
        binaries={name: gobinaries.path_of(name) for name in ("kubelet", "kubeadm", "kube-proxy")},
    )


def _is_up(plan: Plan, where: Layout) -> bool:
    noted = read_json(where.settings) or {}
    if noted.get("fingerprint") != plan.fingerprint() or pki.ending(where):
        return False
    alive = all(processes.running(where.pid_file(name)) for name in programs.ALL)
    return alive and network.present(plan.config) and not _unready(where, plan.config)


def _unready(where: Layout, config: NodeConfig) -> list[str]:
    noted = read_json(where.settings) or {}
    expected = [(kind, namespace, name) for kind, namespace, name in noted.get("workloads", [])]
    try:
        api = Api(paths.kubeconfig())
        return silent(config, where.pki / "ca.crt") or unready(api, config.name, expected)
    except API_ERRORS as error:
        return [f"the API server: {error}"]


def _bring_up(plan: Plan, archives: Mapping[str, Path], where: Layout, report: Report) -> None:
    config, tree = plan.config, cgroups.tree(plan.machine)
    _folders(where)
    before.note(where)
    write_json(where.settings, {"fixed": config.fixed(), "config": asdict(config)})
    # Without a shim no container lives: what the kernel still holds of them is in the way.
    cold = not tree.pids("runtime")
    if cold:
        _clear(cleanup.leftovers(where, tree))
        # The kubelet would wait three seconds for each container whose cgroup it finds and whose process is gone.
        _clear([f"cgroup {folder}" for folder in tree.remove()])
    started = datetime.now(UTC)
    tree.create()
    sysctls.write(sysctls.NEEDED)
    network.up(config)
    write(where.cni / "10-mlplatform.conflist", network.conflist(config, plan.machine.mtu, where.run / "cni"))
    renewed = pki.ensure(where, config, plan.binaries["kubeadm"], gobinaries.KUBERNETES)
    if renewed:
        report.say("renewed the certificates, which were about to end")
    _user_kubeconfig(where)

    containerd.configure(where, config, plan.machine, plan.images["pause"])
    _run(programs.containerd(where), tree, "runtime")
    containerd.wait(where)
    containerd.load(where, {name: archives[name] for name in NODE_IMAGES}, report)
    _static_pods(plan, where, renewed)
    write(where.etc / "kube-proxy.yaml", kube_proxy.settings(where, config, plan.machine))
    write(where.etc / "kubelet.yaml", kubelet.settings(where, config, plan.machine, tree))
    kubelet_is_new = _run(programs.kubelet(where, config, plan.binaries["kubelet"]), tree, "kubelet")
    _run(programs.log_limit(where), tree, "kubelet")

    report.say("waiting for the API server")
    authority = where.pki / "ca.crt"
    _wait(lambda: [] if answers(f"{config.api}/readyz", authority) else ["kube-apiserver"], API_TIMEOUT, where)
    _run(programs.kube_proxy(where, config, plan.binaries["kube-proxy"]), tree, "kube-proxy")
    # Before its role is bound, the administrator of the ordinary kubeconfig may do nothing.
    Api(where.kubeconfigs / "super-admin.conf").apply(plan.addons)
    report.say("waiting for the addons")
    api, workloads = Api(paths.kubeconfig()), manifests.workloads(plan.addons)
    heard_after = started if kubelet_is_new else None
    started_after = started if cold else None

    def missing() -> list[str]:
        return silent(config, authority) or unready(api, config.name, workloads, heard_after, started_after)

    _wait(missing, READY_TIMEOUT, where)
    write_json(
        where.settings,
        {
            "fixed": config.fixed(),
            "config": asdict(config),
            "fingerprint": plan.fingerprint(),
            "workloads": workloads,
        },
    )


def _clear(left: list[str]) -> None:
    if left:
        what = f"leftovers of an earlier run can't be removed: {'; '.join(left)}"
        raise Problem(what, "end what holds them, or reboot")


def _folders(where: Layout) -> None:
    paths.home().mkdir(parents=True, exist_ok=True)
    paths.home().chmod(0o700)
    for folder in (where.data, where.manifests, where.volumes, where.logs, where.kubelet, where.cni):
        folder.mkdir(parents=True, exist_ok=True)
    for folder, owner in ((where.etcd, users.ETCD), (where.registry, users.REGISTRY)):
        folder.mkdir(exist_ok=True, mode=0o700)
        os.chown(folder, owner.uid, owner.gid)


def _user_kubeconfig(where: Layout) -> None:
    admin = (where.kubeconfigs / "admin.conf").read_text()
    write(paths.kubeconfig(), pki.user_kubeconfig(admin, "mlplatform"))


def _run(program: processes.Program, tree: cgroups.Tree, group: str) -> bool:
    """Start a program unless it runs as it should. Returns whether it was started."""
    process = processes.running(program.pid_file)
    if process and process.fingerprint == program.fingerprint():
        return False
    processes.stop(program.pid_file)
    processes.start(program, tree.entry(group))
    return True


def _static_pods(plan: Plan, where: Layout, renewed: bool) -> None:
    for name, text in plan.static_pods.items():
        # A comment changes the file and so restarts the pod, which reads certificates at its start alone.
        stamp = f"# certificates of {datetime.now(UTC).isoformat()}\n" if renewed else _stamp(where.manifests / name)
        write(where.manifests / name, stamp + text)


def _stamp(manifest: Path) -> str:
    first = manifest.read_text().splitlines(keepends=True)[0] if manifest.is_file() else ""
    return first if first.startswith("#") else ""


def _wait(missing: Callable[[], list[str]], timeout: float, where: Layout) -> None:
    limit = time.monotonic() + timeout
    while True:
        try:
            left = missing()
        except API_ERRORS as error:
            left = [f"the API server: {error}"]
        if not left:
            return
        for name in programs.LOGGING:
            if where.pid_file(name).exists() and processes.running(where.pid_file(name)) is None:
                raise diagnose.ended(name, where)
        if time.monotonic() > limit:
            raise diagnose.late(left, timeout, where)
        time.sleep(0.5)


def _down(where: Layout, report: Report) -> None:
    facts = machine.detect()
    tree = cgroups.tree(facts)
    if not where.before.exists() and not tree.pids():
        report.cached()
    for name in ("log-limit", "kube-proxy", "kubelet"):
        processes.stop(where.pid_file(name))
    cleanup.end_containers(tree)
    processes.stop(where.pid_file("containerd"))
    left = cleanup.leftovers(where, tree)
    if not left:
        before.restore(where, _last_config(where))
        left = [f"cgroup {folder}" for folder in tree.remove()]
    if left:
        raise Problem(f"couldn't be removed: {'; '.join(left)}", "end what holds it and run `mlp down` again")


def _last_config(where: Layout) -> NodeConfig:
    noted = read_json(where.settings)
    return NodeConfig(**noted["config"]) if noted else NodeConfig()


def _check_fixed(config: NodeConfig, where: Layout) -> None:
    noted = read_json(where.settings)
    for name, value in config.fixed().items():
        if noted and where.etcd.is_dir() and noted["fixed"][name] != value:
            raise Problem(
                f"the node's {name} is {noted['fixed'][name]}, not {value}: its data hold it",
                f"keep {name} {noted['fixed'][name]}, or start anew with `mlp purge`, which removes all data",
            )


@contextmanager
def _locked() -> Iterator[None]:
    paths.home().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (paths.home() / "node.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem("another `mlp up` or `mlp down` is at work on the node", "wait until it has ended") from None
        yield
