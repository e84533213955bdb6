"""From policies to a table of nftables: pure text, the same for the same objects.

A pod that some policy is about has a chain for each direction: what one of the policies allows leaves it, the rest is
refused at once (a packet that vanishes keeps people waiting). Pods that the same policies are about share a chain.
Addresses are matched after Services' have become pods'.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from local.node.policing.objects import Labels, Pod, Policy, selects

TABLE = "mlplatform-policies"
REFUSE = "reject with icmp type admin-prohibited"
FIELDS = {"Ingress": ("ingress", "from", "saddr"), "Egress": ("egress", "to", "daddr")}
"""Of a policy: where its rules are, how they call the others, and where the others' address is in a packet."""


def table(policies: Collection[Policy], pods: Collection[Pod], namespaces: Mapping[str, Labels]) -> str:
    """The whole table, as `nft -f` reads it: it replaces the one that is there in one step."""
    lines = [f"table ip {TABLE}", f"delete table ip {TABLE}", f"table ip {TABLE} {{"]
    ways: dict[str, dict[str, str]] = {}
    for direction in FIELDS:
        ways[direction] = {}
        for index, (about, members) in enumerate(_groups(direction, policies, pods)):
            chain = f"{direction.lower()}-{index}"
            ways[direction] |= dict.fromkeys((pod.address for pod in members), f"jump {chain}")
            allowed = dict.fromkeys(
                line for one in about for line in _allowed(direction, one, members, pods, namespaces)
            )
            lines += [f"  chain {chain} {{", *(f"    {line}return" for line in allowed), f"    {REFUSE}", "  }"]
    into, out = _map("ip daddr", ways["Ingress"]), _map("ip saddr", ways["Egress"])
    lines += _chain("forward", [*_itself(ways["Ingress"] | ways["Egress"]), *out, *into])
    # What a pod sends to the node itself, such as to the API server.
    lines += _chain("input", out)
    return "\n".join([*lines, "}", ""])


def _chain(hook: str, maps: Iterable[str]) -> list[str]:
    # Behind the node's own rules, which have priority `filter`.
    head = f"    type filter hook {hook} priority filter + 10; policy accept;"
    return [f"  chain {hook} {{", head, "    ct state established,related accept", *maps, "  }"]


def _itself(addresses: Iterable[str]) -> list[str]:
    """Who talks to itself through a Service always may."""
    pairs = ", ".join(f"{address} . {address}" for address in sorted(addresses))
    return [f"    ip saddr . ip daddr {{ {pairs} }} accept"] if pairs else []


def _map(field: str, verdicts: Mapping[str, str]) -> list[str]:
    listed = ", ".join(f"{address} : {verdict}" for address, verdict in sorted(verdicts.items()))
    return [f"    {field} vmap {{ {listed} }}"] if listed else []


def _groups(
    direction: str, policies: Collection[Policy], pods: Collection[Pod]
) -> list[tuple[list[Policy], list[Pod]]]:
    """Pods by the policies that are about them in a direction, in a fixed order."""
    found: dict[tuple[str, ...], tuple[list[Policy], list[Pod]]] = {}
    ordered = sorted(policies, key=lambda one: (one.namespace, one.name))
    for pod in sorted(pods, key=lambda one: one.address):
        about = [one for one in ordered if direction in one.directions and _is_about(one, pod)]
        if about:
            key = (pod.namespace, *(one.name for one in about))
            found.setdefault(key, (about, []))[1].append(pod)
    return [found[key] for key in sorted(found)]


def _is_about(policy: Policy, pod: Pod) -> bool:
    return policy.namespace == pod.namespace and selects(policy.spec.get("podSelector") or {}, pod.labels)


def _allowed(
    direction: str, policy: Policy, members: Sequence[Pod], pods: Collection[Pod], namespaces: Mapping[str, Labels]
) -> Iterator[str]:
    """What each of its rules lets pass: matches of nftables, each with a blank behind it."""
    rules, others, side = FIELDS[direction]
    for rule in policy.spec.get(rules) or []:
        peers = rule.get(others)
        if not peers:
            # Whoever it is.
            yield from _ports(rule, "", members if direction == "Ingress" else pods)
            continue
        for block in [peer["ipBlock"] for peer in peers if peer.get("ipBlock")]:
            for where in _block(block, side):
                yield from _ports(rule, where, members if direction == "Ingress" else [])
        meant = [pod for pod in pods if any(_is_peer(peer, policy, pod, namespaces) for peer in peers)]
        if meant:
            where = f"ip {side} {_set(pod.address for pod in meant)} "
            yield from _ports(rule, where, members if direction == "Ingress" else meant)


def _block(block: Mapping[str, Any], side: str) -> Iterator[str]:
    """A match for a range but parts of it; none for one of IPv6, which no pod has."""
    if whole := _ranges([block["cidr"]]):
        but = _ranges(block.get("except") or [])
        yield f"ip {side} {whole[0]} " + (f"ip {side} != {_set(but)} " if but else "")


def _ranges(written: Iterable[str]) -> list[str]:
    """Those of IPv4, in nftables' way: without host bits, and none inside of another."""
    found = [ipaddress.IPv4Network(one, strict=False) for one in written if ":" not in one]
    return [str(one) for one in ipaddress.collapse_addresses(found)]


def _is_peer(peer: Mapping[str, Any], policy: Policy, pod: Pod, namespaces: Mapping[str, Labels]) -> bool:
    if peer.get("ipBlock"):
        return False
    chosen = peer.get("namespaceSelector")
    if chosen is None:
        if pod.namespace != policy.namespace:
            return False
    elif pod.namespace not in namespaces or not selects(chosen, namespaces[pod.namespace]):
        return False
    return selects(peer.get("podSelector") or {}, pod.labels)


def _ports(rule: Mapping[str, Any], where: str, receivers: Collection[Pod]) -> Iterator[str]:
    """A match for each port of a rule. The receivers' own definitions say what a port's name means."""
    ports = rule.get("ports")
    if not ports:
        yield where
        return
    for port in ports:
        protocol, number = port.get("protocol", "TCP"), port.get("port")
        layer = protocol.lower()
        if number is None:
            yield f"{where}meta l4proto {layer} "
        elif isinstance(number, int):
            last = f"-{port['endPort']}" if port.get("endPort") else ""
            yield f"{where}{layer} dport {number}{last} "
        else:
            meant = defaultdict(list)
            for pod in receivers:
                if (number, protocol) in pod.ports:
                    meant[pod.ports[(number, protocol)]].append(pod.address)
            for found, addresses in sorted(meant.items()):
                yield f"{where}ip daddr {_set(addresses)} {layer} dport {found} "


def _set(members: Iterable[str]) -> str:
    return f"{{ {', '.join(sorted(set(members)))} }}"
