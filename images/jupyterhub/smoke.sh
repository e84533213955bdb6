set -eu
test "$(id -u)" = 10001
traefik version >/dev/null
if python -m mlplatform_hub nothing 2>/dev/null; then echo "it takes any argument"; exit 1; fi
if python -m mlplatform_hub hub 2>/dev/null; then echo "it starts without an environment"; exit 1; fi
python /mnt/smoke.py
test ! -e /opt/mlplatform/mlplatform_hub/__pycache__
