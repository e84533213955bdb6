set -eu
test "$(id -u)" = 10001
work=$(mktemp -d)
export PGDATA=$work/data/17 POSTGRES_PASSWORD_FILE=$work/password PGCONNECT_TIMEOUT=5
mkdir "$work/data"
start() {
  entrypoint -c listen_addresses= -c unix_socket_directories="$work" >"$work/log" 2>&1 &
  pid=$!
  tries=0
  until pg_isready -q -h "$work"; do
    tries=$((tries + 1))
    test "$tries" -lt 300 && kill -0 "$pid" || { cat "$work/log"; exit 1; }
    sleep 0.1
  done
}
echo first-password >"$POSTGRES_PASSWORD_FILE"
start
ask() { psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$work" -U postgres postgres -c "$1"; }
test "$(ask 'show data_checksums')" = on
ask 'create table kept (n int); insert into kept values (1)'
first=$(ask "select rolpassword from pg_authid where rolname = 'postgres'")
case $first in SCRAM-SHA-256*) ;; *) echo "no SCRAM verifier"; exit 1 ;; esac
# Another account has no way in but a password.
ask 'create role stranger login'
if psql -X -w -h "$work" -U stranger postgres -c 'select 1' 2>/dev/null; then echo "a stranger came in"; exit 1; fi
# An unclean stop loses nothing, and a new password in the Secret is taken at the next start.
kill -9 "$pid"; wait "$pid" || true
sleep 1
echo second-password >"$POSTGRES_PASSWORD_FILE"
start
test "$(ask 'select n from kept')" = 1
test "$(ask "select rolpassword from pg_authid where rolname = 'postgres'")" != "$first"
kill -INT "$pid"
wait "$pid"
if grep -q 'first-password\|second-password' "$work/log"; then echo "a password is in the log"; exit 1; fi
rm -rf "$work"
