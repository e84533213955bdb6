set -eu
test "$(id -u)" = 10001
versitygw --version
work=$(mktemp -d)
export OBJECT_STORE_DATA=$work ROOT_ACCESS_KEY=smoke ROOT_SECRET_KEY=smoke-secret
if ROOT_SECRET_KEY='' entrypoint 2>/dev/null; then echo "started without a secret"; exit 1; fi
entrypoint --port "$work/socket" >"$work/log" 2>&1 &
pid=$!
tries=0
until [ -S "$work/socket" ]; do
  tries=$((tries + 1))
  test "$tries" -lt 300 && kill -0 "$pid" || { cat "$work/log"; exit 1; }
  sleep 0.1
done
python3 - "$work/socket" <<'CODE'
import http.client, socket, sys

def get(path):
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(sys.argv[1])
    connection.request("GET", path)
    return connection.getresponse().status

assert get("/health") == 200
assert get("/") == 403, "a stranger sees the buckets"
CODE
test "$(stat -c %a "$work/accounts")" = 700
if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q smoke-secret; then echo "the secret is an argument"; exit 1; fi
kill "$pid"; wait "$pid" || true
rm -rf "$work"
