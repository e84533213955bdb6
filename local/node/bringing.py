"""Bringing the node up, from whatever state it is in."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

from local import paths
from local.node import (
    before,
    cgroups,
    cleanup,
    containerd,
    diagnose,
    kube_proxy,
    kubelet,
    manifests,
    network,
    pki,
    plugins,
    processes,
    programs,
    sysctls,
    users,
)
from local.node.api import API_ERRORS, Api, unready
from local.node.files import write, write_json
from local.node.layout import Layout
from local.node.plan import Plan
from local.node.probes import answers, silent
from local.problem import Problem
from local.tasks import Report
from local.toolchain import gobinaries

API_TIMEOUT = 180
READY_TIMEOUT = 240
"""Seconds; several times what a slow machine needs, so that what doesn't come by then has failed."""


def bring_up(plan: Plan, where: Layout, report: Report) -> None:
    """Start what doesn't run, replace what changed, and return when all of it answers.

    Raises:
        Problem: Something didn't come up; the text carries the end of its log.
    """
    tree = cgroups.tree(plan.machine)
    _folders(where)
    before.note(where)
    write_json(where.settings, plan.settings())
    # Without a shim no container lives: what the kernel still holds of them is in the way.
    cold = not tree.pids("runtime")
    if cold:
        _clear(where, tree)
    write(where.owner, str(where.data))
    # It would start again what is stopped here.
    processes.stop(where.pid_file(programs.KEEPER))
    started = datetime.now(UTC)
    _machine(plan, where, tree)
    if pki.ensure(where, plan.config, plan.binaries["kubeadm"], gobinaries.KUBERNETES):
        report.say("renewed the certificates, which were about to end")
    admin = (where.kubeconfigs / "admin.conf").read_text()
    write(paths.kubeconfig(), pki.user_kubeconfig(admin, "mlplatform"))
    _runtime(plan, where, tree, report)
    kubelet_is_new = _kubelet(plan, where, tree)
    _control_plane(plan, where, tree, report)
    _addons(plan, where, report, started if kubelet_is_new else None, started if cold else None)
    _run(programs.keeper(where), tree)
    containerd.forget_others(where, plan.images)
    write_json(where.settings, {**plan.settings(), "fingerprint": plan.fingerprint()})


def _folders(where: Layout) -> None:
    paths.home().mkdir(parents=True, exist_ok=True)
    paths.home().chmod(0o700)
    for folder in (where.data, where.manifests, where.volumes, where.logs, where.kubelet, where.cni):
        folder.mkdir(parents=True, exist_ok=True)
    for folder, owner in ((where.etcd, users.ETCD), (where.registry, users.REGISTRY)):
        folder.mkdir(exist_ok=True, mode=0o700)
        os.chown(folder, owner.uid, owner.gid)


def _clear(where: Layout, tree: cgroups.Tree) -> None:
    # Cgroups too: the kubelet would wait three seconds for each container whose cgroup is there and process isn't.
    left = cleanup.leftovers(where, tree) or [f"cgroup {folder}" for folder in tree.remove()]
    if left:
        what = f"leftovers of an earlier run can't be removed: {'; '.join(left)}"
        raise Problem(what, "end what holds them, or reboot")


def _machine(plan: Plan, where: Layout, tree: cgroups.Tree) -> None:
    tree.create()
    sysctls.write(sysctls.NEEDED)
    network.up(plan.config)
    leases = where.run / "cni"
    write(where.cni / "10-mlplatform.conflist", network.conflist(plan.config, plan.machine.mtu, leases, where.policing))
    plugins.install(where.cni_plugins)


def _runtime(plan: Plan, where: Layout, tree: cgroups.Tree, report: Report) -> None:
    containerd.configure(where, plan.config, plan.machine, plan.images["pause"])
    _run(programs.containerd(where), tree)
    containerd.wait(where)
    containerd.load(where, plan.archives, report)


def _kubelet(plan: Plan, where: Layout, tree: cgroups.Tree) -> bool:
    for name, text in manifests.static_pods(plan.values, pki.digest(where)).items():
        write(where.manifests / name, text)
    write(where.etc / "kubelet.yaml", kubelet.settings(where, plan.config, plan.machine, tree))
    return _run(programs.kubelet(where, plan.config, plan.binaries["kubelet"]), tree)


def _control_plane(plan: Plan, where: Layout, tree: cgroups.Tree, report: Report) -> None:
    report.say("waiting for the API server")
    url, authority = f"{plan.config.api}/readyz", where.pki / "ca.crt"
    _wait(lambda: [] if answers(url, authority) else ["kube-apiserver"], API_TIMEOUT, where)
    write(where.etc / "kube-proxy.yaml", kube_proxy.settings(where, plan.config, plan.machine))
    _run(programs.kube_proxy(where, plan.config, plan.binaries["kube-proxy"]), tree)
    _run(programs.policing(where), tree)


def _addons(
    plan: Plan, where: Layout, report: Report, heard_after: datetime | None, started_after: datetime | None
) -> None:
    def unapplied() -> list[str]:
        # Before its role is bound, the administrator of the ordinary kubeconfig may do nothing.
        Api(where.kubeconfigs / "super-admin.conf").apply(plan.addons)
        return []

    # More than once: an API server that the kubelet is about to replace still answered.
    _wait(unapplied, API_TIMEOUT, where)
    report.say("waiting for the addons")
    api, workloads, authority = Api(paths.kubeconfig()), manifests.workloads(plan.addons), where.pki / "ca.crt"

    def missing() -> list[str]:
        silent_ones = silent(plan.config, authority)
        return silent_ones or unready(api, plan.config.name, workloads, heard_after, started_after)

    _wait(missing, READY_TIMEOUT, where)


def _run(program: processes.Program, tree: cgroups.Tree) -> bool:
    """Start a program unless it runs as it should. Returns whether it was started."""
    process = processes.running(program.pid_file)
    if process and process.fingerprint == program.fingerprint():
        return False
    processes.stop(program.pid_file)
    processes.start(program, tree.entry(program.group), tree.prefix(program.group))
    return True


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
