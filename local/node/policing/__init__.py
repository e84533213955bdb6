"""NetworkPolicies in force: what the API server has of them becomes a table of the machine's nftables.

All pods are on this machine and all that they send is routed by it, so one table sees everything. What the node itself
sends to its pods (probes, the API server's webhooks) is never filtered, as Kubernetes wants it. Connections that exist
stay when a policy changes, and the table stays when the process ends: nothing opens then. A new pod's containers start
when its policies are in force: a CNI plugin waits for that (`cni.py`).
"""
