set -eu
test "$(id -u)" = 10001
# Wrong use is said; each Job says which tool isn't there, and no secret.
if python -m tenancy nothing 2>/dev/null; then echo "it takes any argument"; exit 1; fi
python - <<'CODE'
import os, sys
from tenancy import __main__ as program
from tenancy.controller import registry
from tenancy.keeper import Keeper

program.SECONDS = 0
nobody = "127.0.0.1"
os.environ |= {
    "PGHOST": nobody, "PGPORT": "9", "PGSSLMODE": "disable", "PGUSER": "admin", "PGPASSWORD": "smoke-secret",
    "ROLE": "a", "ROLE_PASSWORD": "smoke-secret",
    "ENDPOINT": f"http://{nobody}:9", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "root",
    "AWS_SECRET_ACCESS_KEY": "smoke-secret", "BUCKET": "a", "ACCOUNT_SECRET_KEY": "smoke-secret",
    "MLFLOW_TRACKING_URI": f"http://{nobody}:9", "ADMIN_USERNAME": "admin", "ADMIN_PASSWORD": "smoke-secret",
    "WORKSPACE": "a", "USER_PASSWORD": "smoke-secret",
}
sys.stderr = open("/tmp/said", "w+")
for job in ("database", "monitor", "object-store", "tracking"):
    assert program.main([job]) == 1, job
sys.stderr.seek(0)
said = sys.stderr.read()
sys.stderr = sys.__stderr__
assert said.count("isn't there") == 4 and "smoke-secret" not in said, said
assert registry(Keeper(None), "mlplatform.dev")
CODE
test ! -e /opt/mlplatform/tenancy/__pycache__
