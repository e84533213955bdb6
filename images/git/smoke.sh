set -eu
test "$(id -u)" = 10001
work=$(mktemp -d)
export ADMIN_KEY=smoke-test-admin-key DATA="$work/data" HOST=127.0.0.1 HOME="$work" GIT_TERMINAL_PROMPT=0
if ADMIN_KEY='' python -m gitserver 2>/dev/null; then echo "started without a key"; exit 1; fi
PORT=$(python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PORT
python -m gitserver >"$work/log" 2>&1 &
pid=$!
trap 'cat "$work/log"; kill "$pid"' EXIT
python - <<'CODE'
import json, os, time, urllib.error, urllib.request

address = f"http://127.0.0.1:{os.environ['PORT']}"

def ask(path, method="GET", key="", body=None):
    headers = {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(address + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0

end = time.monotonic() + 30
while ask("/health") != 200:
    assert time.monotonic() < end, "no answer in 30 s"
    time.sleep(0.1)
repository, body = "/-/repositories/team-smoke", json.dumps({"password": "smoke-test-" * 4}).encode()
assert ask(repository, "PUT", "wrong", body) == 401, "a stranger makes repositories"
assert ask(repository, "PUT", os.environ["ADMIN_KEY"], body) == 201
assert ask("/team-smoke.git/info/refs?service=git-upload-pack") == 401, "a stranger reads them"
CODE
cd "$work"
password=smoke-test-smoke-test-smoke-test-smoke-test-
url=http://team-smoke:$password@127.0.0.1:$PORT/team-smoke.git
git clone -q "$url" one
git -C one config user.email smoke@localhost
git -C one config user.name smoke
mkdir one/dags/project
head -c 3000000 /dev/urandom >one/dags/project/data
git -C one add .
git -C one commit -q -m smoke
git -C one push -q origin HEAD:main
git clone -q "$url" two
cmp one/dags/project/data two/dags/project/data
git -C one commit -q --amend -m other
if git -C one push -q --force origin HEAD:main 2>"$work/said"; then echo "main went back"; exit 1; fi
grep -q 'remote: refused: main only goes forward' "$work/said"
if grep -rq "$password" "$DATA" "$work/log"; then echo "the password is kept"; exit 1; fi
trap - EXIT
kill "$pid"
wait "$pid" || true
rm -rf "$work"
