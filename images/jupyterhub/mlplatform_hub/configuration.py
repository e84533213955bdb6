"""JupyterHub's configuration, from the settings."""

from __future__ import annotations

import sys
from pathlib import Path
from secrets import token_hex
from typing import Any

from jupyterhub_traefik_proxy.fileprovider import TraefikFileProviderProxy

from . import forms, pod
from .authenticator import People
from .settings import HUB_PORT, PROXY_API_PORT, PUBLIC_PORT, ROUTES, Settings
from .spawner import TeamSpawner

KEEPER_TOKEN = token_hex(32)
"""Of this process alone, for its own API."""
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
DAY = 86_400


def configure(c: Any, settings: Settings) -> None:
    """Fill a traitlets configuration."""
    People.key = settings.cookie_key
    TeamSpawner.group = settings.group
    _hub(c.JupyterHub, settings)
    _proxy(c.TraefikFileProviderProxy, settings)
    _notebooks(c.TeamSpawner, settings)
    c.People.any_allow_config = True
    c.People.manage_groups = True
    c.People.auth_refresh_age = 10
    c.People.refresh_pre_spawn = True
    c.People.auth_refresh_strict = True


def _hub(hub: Any, settings: Settings) -> None:
    hub.db_url = settings.database_uri
    hub.upgrade_db = True
    hub.cookie_secret = settings.cookie_key
    hub.cookie_max_age_days = 7
    hub.authenticator_class = People
    hub.spawner_class = TeamSpawner
    hub.proxy_class = TraefikFileProviderProxy
    hub.bind_url = f"http://:{PUBLIC_PORT}"
    hub.public_url = settings.public_url
    hub.hub_bind_url = f"http://0.0.0.0:{HUB_PORT}"
    hub.hub_connect_url = f"http://127.0.0.1:{HUB_PORT}"
    hub.trusted_downstream_ips = ["127.0.0.1", *settings.trusted]
    # A restart of the hub is nobody's concern: notebooks, their routes and their sessions stay.
    hub.cleanup_servers = False
    hub.cleanup_proxy = False
    hub.allow_named_servers = True
    hub.default_url = forms.first_page
    hub.template_paths = [str(TEMPLATES)]
    hub.template_vars = {"notebooks": forms.notebooks_of}
    hub.last_activity_interval = 30
    hub.init_spawners_timeout = 5
    hub.tornado_settings = {"slow_spawn_timeout": 1, "headers": {"X-Frame-Options": "SAMEORIGIN"}}
    hub.log_level = "INFO"
    culler = [
        *(sys.executable, "-m", "jupyterhub_idle_culler"),
        f"--timeout={settings.idle_seconds}",
        f"--cull-every={max(5, min(60, settings.idle_seconds // 2))}",
        "--remove-named-servers=false",
    ]
    hub.services = [
        {"name": "keeper", "api_token": KEEPER_TOKEN},
        {"name": "culler", "command": culler},
    ]
    hub.load_roles = [
        {"name": "keeper", "scopes": ["admin:users", "delete:servers"], "services": ["keeper"]},
        {
            "name": "culler",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": ["culler"],
        },
    ]


def _proxy(proxy: Any, settings: Settings) -> None:
    proxy.should_start = False
    proxy.dynamic_config_file = ROUTES
    proxy.traefik_api_url = f"http://127.0.0.1:{PROXY_API_PORT}"
    proxy.traefik_api_username = "hub"
    proxy.traefik_api_password = settings.proxy_key


def _notebooks(spawner: Any, settings: Settings) -> None:
    spawner.hub_connect_url = settings.hub_url
    TeamSpawner.report_seconds = pod.report_seconds(settings.idle_seconds)
    spawner.ip = "0.0.0.0"  # noqa: S104 - in a pod of its own
    spawner.port = pod.PORT
    spawner.cmd = pod.kernel_arguments(settings.idle_seconds)
    spawner.pod_name_template = "notebook-{username}"
    spawner.pvc_name_template = "home-{username}"
    # Its default has a name, which would replace ours: network policies mean ours.
    spawner.common_labels = {"app.kubernetes.io/managed-by": "kubespawner"}
    spawner.extra_labels = dict(pod.LABELS)
    spawner.storage_extra_labels = {"app.kubernetes.io/name": "home", "app.kubernetes.io/part-of": "mlplatform"}
    spawner.storage_pvc_ensure = True
    spawner.storage_access_modes = ["ReadWriteOnce"]
    # Whoever leaves finds their files when they come back.
    spawner.delete_pvc = False
    spawner.automount_service_account_token = False
    spawner.pod_security_context = pod.security()
    spawner.container_security_context = pod.container_security()
    spawner.extra_pod_config = {"enableServiceLinks": False, "terminationGracePeriodSeconds": 10}
    spawner.delete_grace_period = 5
    spawner.default_url = "/lab"
    spawner.notebook_dir = pod.HOME
    spawner.events_enabled = True
    spawner.poll_interval = 30
    spawner.start_timeout = 300
    spawner.http_timeout = 60
