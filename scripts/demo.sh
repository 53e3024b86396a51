#!/usr/bin/env bash
# Records a handful of real programs into an empty history, and looks at them in every way.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "Building runlog (the first time takes a few minutes) …" >&2
cargo build --release --quiet -p runlog-cli
target=${CARGO_TARGET_DIR:-target}
program=$(cd "$target/release" && pwd)/runlog
PATH=$(dirname "$program"):$PATH

RUNLOG_HOME=$(mktemp -d "${TMPDIR:-/tmp}/runlog-demo.XXXXXX")
export RUNLOG_HOME
trap 'rm -rf "$RUNLOG_HOME"' EXIT

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$(printf '\033[1m') off=$(printf '\033[0m')
else
  bold='' off=''
fi

heading() { printf '\n%s== %s%s\n' "$bold" "$1" "$off"; }

# Prints a command as it could be typed.
say() {
  printf '%s$' "$bold"
  printf ' %s' "${@@Q}" | sed "s/'\([A-Za-z0-9_./=:@&-]*\)'/\1/g"
  printf '%s\n' "$off"
}

# Prints a command and runs it. Some are meant to fail.
try() {
  say "$@"
  "$@" || echo "(left with code $?)"
}

# The short id of the newest run of a workflow.
newest() { runlog list --workflow "$1" -n 1 | awk 'NR == 2 { print $1 }'; }

heading "Record real programs: their output is shown as always"
try runlog run -- uname -sr
try runlog run --tag disk -- df -h /
try runlog run -- ls /no/such/directory

heading "One with thousands of lines"
say runlog run --workflow inventory --param root=/usr/share -- ls -lR /usr/share
runlog run --workflow inventory --param root=/usr/share -- ls -lR /usr/share | tail -n 2
echo "(only the last two lines of its output are shown here)"

heading "One that tells how far it is, by structured events on stderr; another process follows it"
cat >"$RUNLOG_HOME/build.sh" <<'END'
event() { echo "@runlog $1" >&2; }
event '{"type":"phase_started","phase":"compile"}'
for part in core store program; do
  event "{\"type\":\"task_started\",\"task\":\"$part\"}"
  sleep 0.4
  echo "compiled $part"
  event "{\"type\":\"task_completed\",\"task\":\"$part\"}"
done
echo "warning: 2 tests are slow" >&2
event '{"type":"phase_completed","phase":"compile","parts":3}'
END
cd "$RUNLOG_HOME"
say runlog run --workflow build --name 'Nightly build' --tag nightly -- sh build.sh '&'
runlog run --workflow build --name 'Nightly build' --tag nightly -- sh build.sh >/dev/null 2>&1 &
recording=$!
until id=$(newest build 2>/dev/null) && [ -n "$id" ]; do sleep 0.05; done
try runlog logs --follow --time "$id"
wait "$recording"

heading "Find them again"
try runlog list
try runlog list --status failed

heading "Everything about one"
try runlog pin "$id"
try runlog note "$id" "the first one on this machine"
try runlog show "$id"

heading "A part of a long log, and the same for programs"
long=$(newest inventory)
try runlog logs "$long" --range 1000..1002
try runlog logs "$id" --level warn --json

heading "All is well?"
try runlog doctor

cat <<END

${bold}Try next${off}
  runlog run -- make lint     record something of your own
  runlog list --since 1h      find it
  runlog --help               all there is
The program is $program: put it into your PATH.
This demo kept its history in a temporary directory and removes it now; yours goes to
${XDG_DATA_HOME:-~/.local/share}/runlog, or where RUNLOG_HOME says.
END
