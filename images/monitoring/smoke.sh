set -eu
test "$(id -u)" = 10001
prometheus-node-exporter --version
prometheus-postgres-exporter --version
prometheus-pushgateway --version
amtool --version
promtool --version
work=$(mktemp -d)
mkdir "$work/web" "$work/data"
printf admin >"$work/web/username"
printf smoke-secret >"$work/web/password"
export CREDENTIALS="$work/web" ROUTES="$work" WEB_CONFIG="$work/web.yml"
if CREDENTIALS=/nowhere python -m monitoring prometheus 2>/dev/null; then echo "it starts without a password"; exit 1; fi
if python -m monitoring nothing 2>/dev/null; then echo "it takes any argument"; exit 1; fi
free() { python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
await() {
  tries=0
  until ask "$1" "$2" >/dev/null 2>&1; do
    tries=$((tries + 1))
    test "$tries" -lt 150 || { cat "$work"/*.log; exit 1; }
    sleep 0.2
  done
}
one=$(free)
printf '{"scrape_configs": [{"job_name": "own", "basic_auth": {"username": "admin", "password_file": "%s/web/password"}, "static_configs": [{"targets": ["127.0.0.1:%s"]}]}]}' "$work" "$one" >"$work/prometheus.yml"
promtool check config "$work/prometheus.yml"
python -m monitoring prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --web.listen-address="127.0.0.1:$one" >"$work/prometheus.log" 2>&1 &
pid=$!
await "$one" /-/ready
two=$(free)
WEB_CONFIG="$work/web2.yml" python -m monitoring alertmanager --storage.path="$work/state" --web.listen-address="127.0.0.1:$two" --cluster.listen-address= >"$work/alertmanager.log" 2>&1 &
other=$!
await "$two" /-/ready
amtool check-config "$work/alertmanager.yml"
# Alertmanager itself says who is told.
python -c 'from monitoring.routes import rendered
print(rendered("http://platform.example/", {"search": "http://a.example/", "recsys": "http://b.example/"}))' >"$work/routes.yml"
told() { amtool config routes test --config.file="$work/routes.yml" "$@"; }
test "$(told team=search alertname=X)" = team-search,platform
test "$(told team=other alertname=X)" = platform
test "$(told alertname=X)" = platform
python - "$one" "$two" <<'CODE'
import sys, urllib.error, urllib.request

for port in sys.argv[1:]:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/status/buildinfo", timeout=5)
        raise SystemExit("a stranger is let in")
    except urllib.error.HTTPError as error:
        assert error.code == 401, error.code
CODE
for process in "$pid" "$other"; do
  if tr '\0' ' ' <"/proc/$process/cmdline" | grep -q smoke-secret; then echo "the password is an argument"; exit 1; fi
  kill "$process"
done
wait "$pid" "$other" || true
test ! -e /opt/mlplatform/monitoring/__pycache__
rm -rf "$work"
