"""The embedded single node: a real Kubernetes on this machine, on our own images.

containerd, kubelet, kube-proxy and the one that puts NetworkPolicies in force are processes of ours in the cgroup
`mlplatform`; all else runs as pods. Nothing is registered with the machine's init system: after a reboot, or when one
of them has died, `mlp up` starts what is missing.
One node a machine; all that it makes is in `layout.Layout`, on the link `mlp-node`, in the nftables tables
`mlplatform`, `mlplatform-policies` and `kube-proxy` and in that cgroup, and `down` takes it away again, but for its
data and loaded kernel modules.
"""

from local.node.config import IMAGE_REPOSITORY, NODE_IMAGES, NodeAccess, NodeConfig, NodeState
from local.node.lifecycle import down, purge, state, up

__all__ = ["IMAGE_REPOSITORY", "NODE_IMAGES", "NodeAccess", "NodeConfig", "NodeState", "down", "purge", "state", "up"]
