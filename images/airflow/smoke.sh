set -eu
test "$(id -u)" = 10001
git --version
work=$(mktemp -d)
export HOME="$work" AIRFLOW_HOME="$work/airflow" AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite:///$work/airflow.db" \
  AIRFLOW__CORE__FERNET_KEY=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= AIRFLOW__API__SECRET_KEY=smoke-test-key \
  AIRFLOW__API_AUTH__JWT_SECRET=smoke-test-0123456789012345678901234567890123456789012345678901234 \
  ADMIN_USERNAME=admin ADMIN_PASSWORD=smoke-test-password CHECK_KEY=smoke-test-check \
  AIRFLOW__LOGGING__REMOTE_LOGGING=False AIRFLOW__CORE__EXECUTOR=LocalExecutor AIRFLOW__CORE__PARALLELISM=1 \
  AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH="$work/bundles" GIT_CONFIG_NOSYSTEM=1
# SQLite takes none of PostgreSQL's.
echo 'NONE = {}' >"$work/arguments.py"
export PYTHONPATH="$PYTHONPATH:$work" AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS=arguments.NONE
free() { python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
AIRFLOW__API__PORT=$(free) MLP_CHECK_PORT=$(free)
export AIRFLOW__API__PORT MLP_CHECK_PORT
export AIRFLOW__API__BASE_URL="http://127.0.0.1:$AIRFLOW__API__PORT"
export AIRFLOW__CORE__EXECUTION_API_SERVER_URL="$AIRFLOW__API__BASE_URL/execution/"
mkdir -p "$work/repository/dags/project"
cd "$work/repository"
echo 'ANSWER = 42' >dags/project/helper.py
cat >dags/project/daily.py <<'CODE'
from airflow.sdk import dag, task
from project import helper

@dag
def smoke():
    @task
    def answer():
        return helper.ANSWER

    answer()

smoke()
CODE
git init -q -b main . && git add -A && git -c user.name=smoke -c user.email=smoke@localhost commit -q -m one
export AIRFLOW_CONN_GIT_DEFAULT="{\"conn_type\": \"git\", \"host\": \"$work/repository\"}" \
  AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST="[{\"name\": \"team\", \"classpath\": \"mlplatform_airflow.bundle.TeamBundle\",
    \"kwargs\": {\"repo_url\": \"$work/repository\", \"tracking_ref\": \"main\", \"subdir\": \"dags\", \"refresh_interval\": 5}}]"
entrypoint >"$work/log" 2>&1 &
pid=$!
python /mnt/smoke.py "$pid" || { cat "$work/log"; kill "$pid"; exit 1; }
if cat /proc/[0-9]*/cmdline | tr '\0' ' ' | grep -q 'smoke-test-[p0c]'; then echo "a secret is an argument"; exit 1; fi
kill "$pid"
wait "$pid"
if grep -q 'smoke-test-[pkc]' "$work/log"; then echo "a secret is in the log"; exit 1; fi
cd /
rm -rf "$work"
