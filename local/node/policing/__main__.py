"""`python -m local.node.policing KUBECONFIG SOCKET`: keeps the table as what there is wants it, until it is ended."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from local.node.policing import rules
from local.node.policing.addresses import Addresses
from local.node.policing.door import Door
from local.node.policing.objects import labels_of, pod_of, policy_of
from local.node.policing.police import Police
from local.node.policing.watch import Kind
from local.node.shell import run
from local.provider import kubeconfig
from local.provider.rest import Client


def main() -> None:
    """Follow what there is, let pods in, and put what is wanted in force."""
    client = Client(kubeconfig.load(sys.argv[1], "", "", ""))
    police, addresses = Police(), Addresses()
    policies = Kind(client, "/apis/networking.k8s.io/v1/networkpolicies", policy_of, police.changed)
    pods = Kind(client, "/api/v1/pods", pod_of, police.changed)
    namespaces = Kind(client, "/api/v1/namespaces", labels_of, police.changed)
    door = Door(Path(sys.argv[2]), addresses, police, lambda key: key in (pods.found or {}))
    for work in (policies.follow, pods.follow, namespaces.follow, door.serve_forever):
        threading.Thread(target=work, daemon=True).start()

    def wanted() -> str | None:
        who, whom, where = policies.found, pods.found, namespaces.found
        if who is None or whom is None or where is None:
            return None
        labels = {name: value for (_, name), value in where.items()}
        return rules.table(who.values(), addresses.of(whom), labels)

    def put(text: str) -> None:
        run(["nft", "-f", "-"], stdin=text)

    police.run(wanted, put)


if __name__ == "__main__":
    main()
