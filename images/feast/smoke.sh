set -eu
test "$(id -u)" = 10001
if python -m mlplatform_features nothing 2>/dev/null; then echo "it takes any argument"; exit 1; fi
if python -m mlplatform_features serve 2>/tmp/said; then echo "it starts without an environment"; exit 1; fi
grep -q "environment variable 'TEAM' isn't set" /tmp/said
# The servers load nothing of what makes Feast heavy.
python - <<'CODE'
import sys
from mlplatform_features import registry_grpc, registry_http, server, store
heavy = {"pandas", "numpy", "pyarrow", "dask", "fastapi", "dill"} & set(sys.modules)
assert not heavy, heavy
CODE
python /mnt/smoke.py
test ! -e /opt/mlplatform/mlplatform_features/__pycache__
