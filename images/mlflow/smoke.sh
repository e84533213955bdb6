set -eu
test "$(id -u)" = 10001
python -c 'import boto3, psycopg2'
work=$(mktemp -d)
export MLFLOW_BACKEND_STORE_URI="sqlite:///$work/mlflow.db" MLFLOW_ARTIFACTS_DESTINATION="$work/artifacts" \
  MLFLOW_SERVER_ALLOWED_HOSTS='localhost:*' MLFLOW_AUTH_ADMIN_USERNAME=admin MLFLOW_AUTH_ADMIN_PASSWORD=smoke-test-password \
  MLFLOW_FLASK_SERVER_SECRET_KEY=smoke-test-key MLFLOW_AUTH_CONFIG_PATH="$work/auth.ini" MLFLOW_HOST=127.0.0.1
MLFLOW_PORT=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
METRICS_PORT=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export MLFLOW_PORT METRICS_PORT
serve >"$work/log" 2>&1 &
pid=$!
python - "$pid" <<'CODE' || { cat "$work/log"; kill "$pid"; exit 1; }
import base64, json, os, sys, time, urllib.error, urllib.request

address = f"http://localhost:{os.environ['MLFLOW_PORT']}"
known = "Basic " + base64.b64encode(b"admin:smoke-test-password").decode()

def ask(path, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(address + path, headers=headers), timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0

end = time.monotonic() + 90
while ask("/health") != 200:
    os.kill(int(sys.argv[1]), 0)
    assert time.monotonic() < end, "no answer in 90 s"
    time.sleep(0.5)
experiments = "/api/2.0/mlflow/experiments/search?max_results=1"
assert ask(experiments) == 401, "a stranger sees the experiments"
assert ask(experiments, Authorization=known) == 200, "the administrator doesn't"
assert ask(experiments, Authorization=known, Host="evil.example") == 403, "any host name goes"
metrics = urllib.request.urlopen(f"http://127.0.0.1:{os.environ['METRICS_PORT']}/metrics", timeout=10).read().decode()
assert 'mlflow_http_requests_total{method="GET",handler="/api",status="401"} 1' in metrics, metrics
CODE
if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q smoke-test; then echo "a secret is an argument"; exit 1; fi
kill "$pid"
wait "$pid" || true
rm -rf "$work"
