"""The node's link, the rules around it and the pods' network."""

from __future__ import annotations

import ipaddress
import json
import time
from pathlib import Path

from local.node import plugins
from local.node.config import NodeConfig
from local.node.policing.rules import TABLE as OF_POLICIES
from local.node.shell import run, succeeds

LINK = "mlp-node"
TABLE = "mlplatform"
COMMENT = "mlplatform"
OF_KUBE_PROXY = "kube-proxy"


def conflist(config: NodeConfig, mtu: int, leases: Path, policing: Path) -> str:
    """CNI configuration: a pair of devices for each pod, all traffic routed by the machine; then `policing` is told.

    Routed, not bridged: the machine's connection tracking then sees what goes from pod to pod through a Service,
    without br_netfilter.
    """
    plugin = {
        "type": "ptp",
        "ipMasq": False,
        "mtu": mtu,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": config.pods}]],
            "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": str(leases),
        },
    }
    told = {"type": plugins.POLICING, "socket": str(policing)}
    return json.dumps({"cniVersion": "1.0.0", "name": COMMENT, "plugins": [plugin, told]}, indent=1) + "\n"


def rules(config: NodeConfig) -> str:
    """Our nftables table: pods reach the outside by the machine's address, the outside neither node nor pods."""
    return f"""\
table ip {TABLE}
delete table ip {TABLE}
table ip {TABLE} {{
  chain outgoing {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {config.pods} ip daddr != {{ {config.address}, {config.pods}, {config.services} }} masquerade
  }}
  chain to-node {{
    type filter hook input priority filter; policy accept;
    ip daddr {config.address} iifname != "lo" iifname != "veth*" drop
  }}
  chain to-pods {{
    type filter hook forward priority filter; policy accept;
    ip daddr {config.pods} ct state new iifname != "veth*" drop
  }}
}}
"""


def up(config: NodeConfig) -> None:
    """Make link and rules what they should be."""
    if not succeeds(["ip", "link", "show", LINK]):
        run(["ip", "link", "add", LINK, "type", "bridge"])
    run(["ip", "address", "replace", f"{config.address}/32", "dev", LINK])
    run(["ip", "link", "set", LINK, "up"])
    for destination in (config.services, config.pods):
        # A Service that kube-proxy doesn't know yet and a pod that is gone are looked for here, and not found: without
        # these routes their packets would leave the machine. Pods' own routes are narrower.
        run(["ip", "route", "replace", destination, "dev", LINK, "src", config.address])
    run(["nft", "-f", "-"], stdin=rules(config))
    for chain, match in exceptions(config, _dropping()):
        if not succeeds(["iptables", "-w", "-C", chain, *match]):
            run(["iptables", "-w", "-I", chain, *match])


def present(config: NodeConfig) -> bool:
    """Whether link, address and table are there."""
    if not succeeds(["ip", "link", "show", LINK]) or not succeeds(["nft", "list", "table", "ip", TABLE]):
        return False
    return f"{config.address}/32" in run(["ip", "-4", "-oneline", "address", "show", "dev", LINK])


def exceptions(config: NodeConfig, dropping: set[str]) -> list[tuple[str, list[str]]]:
    """Rules for the chains that drop what nobody allowed, as Docker's and ufw's do."""
    end = ["-m", "comment", "--comment", COMMENT, "-j", "ACCEPT"]
    wanted = [
        ("FORWARD", ["-s", config.pods, *end]),
        ("FORWARD", ["-d", config.pods, *end]),
        ("INPUT", ["-s", config.pods, "-d", config.address, *end]),
    ]
    return [(chain, match) for chain, match in wanted if chain in dropping]


def down(config: NodeConfig) -> None:
    """Take away link (and its routes) and rules, and the tables of kube-proxy and of policies."""
    for chain, match in exceptions(config, {"FORWARD", "INPUT"}):
        while _has_filter_table() and succeeds(["iptables", "-w", "-D", chain, *match]):
            pass
    for family, table in (("ip", TABLE), ("ip", OF_POLICIES), ("ip", OF_KUBE_PROXY), ("ip6", OF_KUBE_PROXY)):
        # Not by listing first: an older nft crashes on listing what kube-proxy's newer one made.
        run(["nft", "-f", "-"], stdin=f"table {family} {table}\ndelete table {family} {table}\n")
    succeeds(["ip", "link", "delete", LINK])
    _wait_for_pods_devices(config)


def _dropping() -> set[str]:
    if not _has_filter_table():
        return set()
    policies = [line.split() for line in run(["iptables", "-w", "-S"]).splitlines() if line.startswith("-P")]
    return {chain for _, chain, policy in policies if policy == "DROP"}


def _has_filter_table() -> bool:
    # Asking iptables itself would make the table.
    legacy = Path("/proc/net/ip_tables_names")
    return succeeds(["nft", "list", "table", "ip", "filter"]) or (legacy.is_file() and "filter" in legacy.read_text())


def _wait_for_pods_devices(config: NodeConfig, timeout: float = 10) -> None:
    """The kernel removes a pod's devices some time after its network namespace."""
    gateway = str(ipaddress.IPv4Network(config.pods)[1])
    limit = time.monotonic() + timeout
    while time.monotonic() < limit and gateway in run(["ip", "-4", "-oneline", "address"]):
        time.sleep(0.1)
