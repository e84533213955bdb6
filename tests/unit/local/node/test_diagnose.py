from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.node import diagnose
from local.node.layout import Layout


@pytest.fixture
def where(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "node", tmp_path / "run")
    logs = {
        "pods/kube-system_coredns-84f-x_uid/coredns/0.log": "old",
        "pods/kube-system_coredns-84f-x_uid/coredns/1.log": "plugin/forward: no nameservers",
        "pods/kube-system_etcd-mlplatform_uid/etcd/0.log": "disk full",
        "kubelet.log": "kubelet says",
        "kube-proxy.log": "nft is missing",
    }
    for index, (name, text) in enumerate(logs.items()):
        path = layout.logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (index, index))
    return layout


@pytest.mark.parametrize(
    ("missing", "log", "says"),
    [
        (["Deployment kube-system/coredns"], "coredns/1.log", "no nameservers"),
        (["Pod kube-system/coredns-84f-x (CrashLoopBackOff)"], "coredns/1.log", "no nameservers"),
        (["etcd", "kube-apiserver"], "etcd/0.log", "disk full"),
        (["kube-apiserver"], "kubelet.log", "kubelet says"),
        (["kube-proxy"], "kube-proxy.log", "nft is missing"),
        (["the node isn't ready: x"], "kubelet.log", "kubelet says"),
    ],
)
def test_the_log_is_that_of_what_failed(where: Layout, missing: list[str], log: str, says: str) -> None:
    problem = diagnose.late(missing, 60, where)
    assert says in problem.what
    assert missing[0] in problem.what
    assert log in problem.fix


def test_a_program_that_ended_shows_its_log(where: Layout) -> None:
    problem = diagnose.ended("kubelet", where)
    assert "kubelet says" in problem.what
    assert str(where.log("kubelet")) in problem.fix
