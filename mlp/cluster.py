"""A client for the cluster that the local stacks stand on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import kubernetes
import urllib3
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException

from local import paths
from local.problem import Problem
from mlp import specs
from mlp.target import Target


@contextmanager
def client(where: Target) -> Iterator[kubernetes.client.ApiClient]:
    """A client of its API; what the API refuses and a cluster that doesn't answer become a Problem.

    Raises:
        Problem: See above.
    """
    context = where.context or specs.foundation().cluster.context
    config = os.environ.get("KUBECONFIG") if not where.embedded else str(paths.kubeconfig())
    try:
        made: kubernetes.client.ApiClient = kubernetes.config.new_client_from_config(config, context)  # type: ignore[no-untyped-call]  # the package has no types there
    except ConfigException as error:
        fix = "bring the node up: `mlp up node`" if where.embedded else "check MLP_KUBE_CONTEXT and KUBECONFIG"
        raise Problem(f"there is no way to the cluster {context}: {error}", fix) from error
    # A cluster that is down should say so in seconds, not after the default's three long tries.
    made.configuration.retries = urllib3.Retry(connect=1, read=0, backoff_factor=0.5)
    try:
        with made:
            yield made
    except ApiException as error:
        said = error.body if isinstance(error.body, str) else error.reason
        raise Problem(
            f"the cluster {context} refuses: {error.status} {error.reason}: {str(said)[:300]}",
            "see `mlp status`; if objects are missing, run `mlp up`",
        ) from error
    except urllib3.exceptions.HTTPError as error:
        raise Problem(
            f"the cluster {context} doesn't answer: {type(error).__name__}",
            "bring it up: `mlp up`" if where.embedded else f"check that `kubectl --context {context} get nodes` works",
        ) from error
