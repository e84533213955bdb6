"""`python -m local.node.policing KUBECONFIG`: keeps the table as the policies, pods and namespaces are, until ended."""

from __future__ import annotations

import sys
import threading
import time

from local.node.policing import rules
from local.node.policing.objects import labels_of, pod_of, policy_of
from local.node.policing.watch import Kind
from local.node.shell import run
from local.problem import Problem
from local.provider import kubeconfig
from local.provider.rest import Client

TOGETHER_SECONDS = 0.05
"""What changes within this is put in force at once."""


def main() -> None:
    """Put what is wanted in force, whenever it changes."""
    client = Client(kubeconfig.load(sys.argv[1], "", "", ""))
    changed = threading.Event()
    policies = Kind(client, "/apis/networking.k8s.io/v1/networkpolicies", policy_of, changed)
    pods = Kind(client, "/api/v1/pods", pod_of, changed)
    namespaces = Kind(client, "/api/v1/namespaces", labels_of, changed)
    for kind in (policies, pods, namespaces):
        threading.Thread(target=kind.follow, daemon=True).start()
    in_force = ""
    while True:
        changed.wait()
        time.sleep(TOGETHER_SECONDS)
        changed.clear()
        who, whom, where = policies.found, pods.found, namespaces.found
        if who is None or whom is None or where is None:
            continue
        labels = {name: value for (_, name), value in where.items()}
        if (wanted := rules.table(who.values(), whom.values(), labels)) == in_force:
            continue
        try:
            run(["nft", "-f", "-"], stdin=wanted)
            in_force = wanted
        except Problem as problem:
            print(f"{time.strftime('%F %T')} {problem}", flush=True)
            time.sleep(1)
            changed.set()


if __name__ == "__main__":
    main()
