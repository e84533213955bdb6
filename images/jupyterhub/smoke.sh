set -eu
test "$(id -u)" = 10001
traefik version >/dev/null
if python -m mlplatform_hub nothing 2>/dev/null; then echo "it takes any argument"; exit 1; fi
if python -m mlplatform_hub hub 2>/dev/null; then echo "it starts without an environment"; exit 1; fi
export POD_NAMESPACE=mlp-platform
python - <<'CODE'
from mlplatform_hub.lean import lighten

lighten()
import sys

from traitlets.config import Config

from mlplatform_hub import app, configuration
from mlplatform_hub.settings import Settings

environment = {
    "GROUP": "mlplatform.dev", "POD_NAMESPACE": "mlp-platform", "PEOPLE_SECRET": "hub-people",
    "PUBLIC_URL": "http://notebooks.localhost:8080", "HUB_URL": "http://hub:8081", "DATABASE_URI": "sqlite://",
    "IDLE_SECONDS": "3600", "METRICS_PORT": "9090", "TRUSTED": "", "COOKIE_KEY": "a", "PROXY_KEY": "b",
}
loaded = Config()
configuration.configure(loaded, Settings.read(environment))
hub = app.Hub(config=loaded)
assert hub.allow_named_servers and not hub.cleanup_servers and hub.spawner_class.__name__ == "TeamSpawner"
assert "kubernetes_asyncio.client.models.v1_stateful_set" not in sys.modules, "the whole client is imported"
import jupyterhub_idle_culler, psycopg2  # noqa: E401
CODE
test ! -e /opt/mlplatform/mlplatform_hub/__pycache__
