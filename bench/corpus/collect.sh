#!/usr/bin/env bash
# Collects the log texts anew, as they were collected: collect.sh DIRECTORY. Needs what it calls, and
# root for the server. Paths and hosts of the machine are replaced by neutral ones.
set -euo pipefail
cd "$(dirname "$0")/../.."
project=$PWD
mkdir -p "$1"
cd "$1"
out=$PWD
scratch=$(mktemp -d)
chmod 755 "$scratch"

keep() {
    LC_ALL=C sed -E -e 's/\x1b\[[0-9;]*m//g' -e "s#$scratch#/home/dev/work#g" \
        -e "s#$project#/home/dev/runlog#g; s#$HOME/#/home/dev/#g; s#$(hostname)#builder#g" \
        -e 's#registry\.npmjs\.org#registry.example#g; s#index\.crates\.io-[0-9a-f]+#index#g' |
        zstd -q --ultra -22 -f -o "$out/$1.log.zst"
}

sqlite=$(ls -d ~/.cargo/registry/src/*/libsqlite3-sys-*/sqlite3/sqlite3.c | tail -1)
gcc -Wall -Wextra -Wconversion -Wshadow -fsyntax-only "$sqlite" 2>&1 | keep gcc

(cd "$project" && CARGO_TARGET_DIR=$scratch/target CARGO_LOG=cargo=debug \
    timeout 60 cargo check --offline -p runlog-core -vv 2>&1 || true) | keep cargo

(mkdir "$scratch/npm" && cd "$scratch/npm" && npm init -y >/dev/null &&
    npm install --loglevel silly --ignore-scripts \
        eslint webpack webpack-cli jest express vite typescript prettier 2>&1) | keep npm

(timeout 40 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --user-data-dir="$scratch/chromium" --enable-logging=stderr --v=2 \
    --dump-dom 'data:text/html,<h1>x</h1>' 2>&1 || true) | keep chromium

keep dpkg </var/log/dpkg.log

(timeout 100 python3 -m test -v test_list test_dict test_bytes test_json test_unicodedata test_set \
    test_re test_datetime test_collections test_decimal test_typing test_argparse test_email \
    test_itertools test_enum test_ast test_struct test_configparser test_difflib test_statistics \
    test_fractions test_zipfile test_tarfile test_pathlib test_ipaddress 2>&1 || true) |
    keep unittest

# A server that logs all that it does, as text and as JSON.
database=$scratch/db
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
mkdir "$database"
chown postgres "$database"
as_server() { setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; }
as_server "$bin/initdb" -D "$database/data" -A trust >/dev/null
cat >>"$database/data/postgresql.conf" <<CONFIG
log_destination = 'stderr,jsonlog'
logging_collector = on
log_directory = '$database/log'
log_filename = 'postgres.log'
log_rotation_size = 0
log_statement = all
log_duration = on
log_connections = on
log_disconnections = on
log_lock_waits = on
log_autovacuum_min_duration = 0
log_line_prefix = '%m [%p] %q%u@%d '
log_min_messages = debug1
autovacuum_naptime = 2
CONFIG
options="-k $database -p 54399 -h ''"
as_server "$bin/pg_ctl" -w -D "$database/data" -o "$options" start >/dev/null
client() { as_server "$bin/$1" -h "$database" -p 54399 "${@:2}" >/dev/null 2>&1; }
client createdb bench
client pgbench -i -s 2 bench
client pgbench -c 4 -t 250 bench
client pgbench -C -c 2 -t 150 -S bench
client pgbench -M prepared -c 4 -t 200 bench
as_server "$bin/pg_ctl" -w -D "$database/data" -m fast stop >/dev/null
head -n 30000 "$database/log/postgres.log" | keep postgres
head -n 16000 "$database/log/postgres.json" | keep postgres-json

rm -r "$scratch"
