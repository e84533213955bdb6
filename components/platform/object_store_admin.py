"""Who makes buckets and accounts on the foundation's object store."""

from __future__ import annotations

import pulumi

from components.foundation.contract import Contract, SecretReference


def object_store_admin(contract: Contract) -> SecretReference:
    """Where its keys are.

    Raises:
        pulumi.RunError: The foundation has none.
    """
    if contract.object_store.admin is None:
        raise pulumi.RunError(
            f"foundation {contract.provider} has no object store admin\n"
            "  fix: use a foundation whose identity is 'secret'"
        )
    return contract.object_store.admin
