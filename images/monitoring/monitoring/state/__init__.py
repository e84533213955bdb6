"""What there is in the cluster, under kube-state-metrics' names and labels (v2.15): the part that we use.

Where its own image can be had it takes this one's place, and no rule changes.
"""
