"""The pack, for `--policy-pack policies`; what is in it is in catalog.py."""

from pulumi_policy import PolicyPack

from policies.catalog import RULES
from policies.pack import NAME, policy

PolicyPack(NAME, [policy(rule) for rule in RULES])
