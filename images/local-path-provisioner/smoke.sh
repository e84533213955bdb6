set -eu
test "$(id -u)" = 10001
local-path-provisioner --version
mkdir -p /tmp/volume && rm -rf /tmp/volume
