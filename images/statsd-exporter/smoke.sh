set -eu
test "$(id -u)" = 10001
statsd-exporter --version
work=$(mktemp -d)
statsd-exporter --statsd.mapping-config=/etc/mlplatform/mapping.yml --check-config
python3 - "$work/port" <<'CODE'
import socket, sys

ports = []
for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        ports.append(free.getsockname()[1])
open(sys.argv[1], "w").write("{} {}\n".format(*ports))
CODE
read -r udp http <"$work/port"
statsd-exporter --statsd.mapping-config=/etc/mlplatform/mapping.yml --statsd.listen-tcp= \
  --statsd.listen-udp="127.0.0.1:$udp" --web.listen-address="127.0.0.1:$http" >"$work/log" 2>&1 &
pid=$!
python3 - "$pid" "$udp" "$http" <<'CODE' || { cat "$work/log"; kill "$pid"; exit 1; }
import os, socket, sys, time, urllib.request

pid, udp, http = map(int, sys.argv[1:])
sent = (
    "airflow.ti.finish,dag_id=my.dag,task_id=group.first,state=success:1|c",
    "airflow.dagrun.duration.success,dag_id=my.dag,run_type=manual:12000|ms",
    "airflow.dag_processing.last_run.seconds_ago.my.file:3|g",
    "airflow.dag_processing.last_duration.team.my.file:100|ms",
    "airflow.scheduler_heartbeat:1|c",
)
wanted = (
    'airflow_ti_finish{dag_id="my.dag",state="success",task_id="group.first"}',
    'airflow_dagrun_duration_success_bucket{dag_id="my.dag",run_type="manual",le="10"} 0',
    'airflow_dag_processing_last_run_seconds_ago{dag_file="my.file"} 3',
    "airflow_scheduler_heartbeat",
)

def metrics():
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{http}/metrics", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""

end = time.monotonic() + 20
while not all(text in (seen := metrics()) for text in wanted):
    os.kill(pid, 0)
    assert time.monotonic() < end, f"missing: {[text for text in wanted if text not in seen]}\n{seen}"
    if seen:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto("\n".join(sent).encode(), ("127.0.0.1", udp))
    time.sleep(1)
assert "my.file" not in seen.replace('dag_file="my.file"', ""), "a file's name is in a metric's name"
assert "last_duration" not in seen
CODE
kill "$pid"
wait "$pid" || true
rm -rf "$work"
