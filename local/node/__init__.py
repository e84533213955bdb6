"""The embedded single node: a real Kubernetes on this machine, on our own images."""

from local.node.config import IMAGE_REPOSITORY, NODE_IMAGES, NodeAccess, NodeConfig, NodeState
from local.node.lifecycle import down, purge, state, up

__all__ = ["IMAGE_REPOSITORY", "NODE_IMAGES", "NodeAccess", "NodeConfig", "NodeState", "down", "purge", "state", "up"]
