set -eu
test "$(id -u)" = 10001
docker-registry --version
# It answers, with what it was told to keep in a folder of its own.
export REGISTRY_HTTP_ADDR=127.0.0.1:0 REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY=/tmp/registry
docker-registry serve /etc/registry/config.yml >/tmp/registry.log 2>&1 &
pid=$!
tries=0
until grep -q 'listening on' /tmp/registry.log; do
  tries=$((tries + 1))
  test "$tries" -lt 300 && kill -0 "$pid" || { cat /tmp/registry.log; exit 1; }
  sleep 0.1
done
address=$(sed -n 's/.*listening on \(127[0-9.:]*\).*/\1/p' /tmp/registry.log | head -1)
python3 -c "import sys, urllib.request; assert urllib.request.urlopen('http://$address/v2/').read() == b'{}'"
kill "$pid"
