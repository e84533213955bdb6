"""The environment of Airflow's servers and tasks, as images/airflow/README.md asks for it.

What is the same for all teams is in the image.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from components.kubernetes import statsd
from components.kubernetes.pods import SecretKey
from components.platform.contract import CHECK_PORT, PlatformContract
from components.team import feature_settings
from components.team.names import AIRFLOW, AIRFLOW_KEYS
from components.team.spec import TeamSpec

PORT = 8080
METRICS_PORT = statsd.METRICS_PORT
STATSD_PORT = statsd.PORT
BUNDLE = "team"
REFRESH_SECONDS = 5
POD_TEMPLATE = "pod-template.yaml"
CONFIG = "/etc/airflow"

SECRETS = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sql-alchemy-conn",
    "AIRFLOW__CORE__FERNET_KEY": "fernet-key",
    "FERNET_KEY_BEFORE": "fernet-key-before",
    "AIRFLOW__API_AUTH__JWT_SECRET": "jwt-secret",
    "AIRFLOW__API__SECRET_KEY": "api-secret-key",
    "ADMIN_USERNAME": "admin-username",
    "ADMIN_PASSWORD": "admin-password",
    "CHECK_KEY": "check-key",
    "GIT_USERNAME": "repository-username",
    "GIT_PASSWORD": "repository-password",
    "AWS_ACCESS_KEY_ID": "access-key",
    "AWS_SECRET_ACCESS_KEY": "secret-key",
}
"""Variables of the servers that are secret, by their keys in Secret airflow-keys."""


def repository(spec: TeamSpec, platform: PlatformContract) -> str:
    """URL of the team's repository, for pods."""
    return f"{platform.repositories_uri}/{spec.id}.git"


def host(spec: TeamSpec) -> str:
    """What Airflow is called in front of the base domain."""
    return f"{AIRFLOW}-{spec.name}"


def check_url(spec: TeamSpec) -> str:
    """Who says whether a push is right: asked by the git server."""
    return f"http://{AIRFLOW}.{spec.id}:{CHECK_PORT}/check"


def common(spec: TeamSpec, platform: PlatformContract) -> dict[str, str]:
    """What servers and tasks both need: where each other, pipelines and logs are."""
    url = repository(spec, platform)
    bundle = {
        "name": BUNDLE,
        "classpath": "mlplatform_airflow.bundle.TeamBundle",
        "kwargs": {
            "repo_url": url,
            "tracking_ref": "main",
            "subdir": "dags",
            "refresh_interval": REFRESH_SECONDS,
        },
    }
    return {
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{AIRFLOW}.{spec.id}:{PORT}/execution/",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundle]),
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": f"s3://{spec.id}/airflow/logs",
        "AIRFLOW_CONN_GIT_DEFAULT": json.dumps({"conn_type": "git", "host": url}),
        # What tasks say of themselves leads people to it.
        "AIRFLOW__API__BASE_URL": platform.foundation.ingress.address(host(spec)),
        **_git_settings(
            {
                # The helper answers git from the environment: no password is in an URL or an argument.
                f"credential.{platform.repositories_uri}.helper": "!mlp-git-credential",
                # Who looks every few seconds for a new commit does it by one request, not by three.
                "http.proactiveAuth": "basic",
                "protocol.version": "0",
            }
        ),
    }


def _git_settings(values: Mapping[str, str]) -> dict[str, str]:
    """Settings of git as it reads them from the environment."""
    made = {"GIT_CONFIG_COUNT": str(len(values))}
    for index, (key, value) in enumerate(values.items()):
        made |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    return made


def tasks(spec: TeamSpec, platform: PlatformContract, serving_image: str = "") -> dict[str, str]:
    """What a task's pod needs besides Secret worker-keys; with an image, also what packs models."""
    packs = {"MLP_SERVING_IMAGE": serving_image} if serving_image else {}
    return {**common(spec, platform), "AIRFLOW__METRICS__STATSD_HOST": f"{AIRFLOW}.{spec.id}", **packs}


def servers(
    spec: TeamSpec, platform: PlatformContract, notebook_images: Mapping[str, str], features_image: str = ""
) -> dict[str, str]:
    """What api-server, scheduler, dag-processor and triggerer need; their secrets are in `SECRETS`."""
    store = platform.foundation.object_store
    return {
        **common(spec, platform),
        **feature_settings.tasks(spec, features_image),
        "AIRFLOW__API__INSTANCE_NAME": spec.name,
        "AIRFLOW__CORE__PARALLELISM": str(spec.airflow.parallelism),
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": str(spec.airflow.parallelism),
        "AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE": spec.id,
        "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE": f"{CONFIG}/{POD_TEMPLATE}",
        "AWS_ENDPOINT_URL_S3": store.endpoint,
        "AWS_DEFAULT_REGION": store.region,
        "TEAM_BUCKET": spec.id,
        "MLP_NOTEBOOK_IMAGES": json.dumps(dict(notebook_images), sort_keys=True),
        # The ingress controller says by which name and scheme it was asked; network policies let in nobody else.
        "FORWARDED_ALLOW_IPS": "*",
    }


def hidden() -> Mapping[str, SecretKey]:
    """The servers' secrets, as the kubelet reads them."""
    return {variable: SecretKey(AIRFLOW_KEYS, key) for variable, key in SECRETS.items()}
