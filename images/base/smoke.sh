set -eu
test "$(id -u)" = 10001
python3 -c 'import sys, ssl, sqlite3; assert sys.version_info[:2] == (3, 13); assert ssl.create_default_context().get_ca_certs()'
tini -- true
test -s /usr/share/mlplatform/packages.txt
test ! -s /etc/machine-id
test -w /home/mlp
test -z "$(find / -xdev -type f -perm /6000 2>/dev/null)"
