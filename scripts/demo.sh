#!/usr/bin/env bash
# Records a handful of real programs into an empty history, looks at them in every way, and syncs them
# with a second device through a relay on this machine, and with a page of the browser. On a terminal it
# keeps the relay until Enter; elsewhere for DEMO_SECONDS, which is 0 unless told.
set -euo pipefail
cd "$(dirname "$0")/.."

echo "Building runlog (the first time takes a few minutes) …" >&2
cargo build --release --quiet -p runlog-cli
target=${CARGO_TARGET_DIR:-target}
program=$(cd "$target/release" && pwd)/runlog
PATH=$(dirname "$program"):$PATH
echo "Building the web app …" >&2
scripts/web.sh build --release >/dev/null
web=$PWD/web-demo/dist

RUNLOG_HOME=$(mktemp -d "${TMPDIR:-/tmp}/runlog-demo.XXXXXX")
export RUNLOG_HOME
relay=
trap '[ -z "$relay" ] || kill "$relay" 2>/dev/null || true; rm -rf "$RUNLOG_HOME"' EXIT

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

heading "A relay on this machine, which will see no plain value"
say runlog serve --web web-demo/dist '&'
mkdir "$RUNLOG_HOME/relay"
runlog --home "$RUNLOG_HOME/relay" serve --json --listen 127.0.0.1:0 --web "$web" >"$RUNLOG_HOME/relay/told" &
relay=$!
until [ -s "$RUNLOG_HOME/relay/told" ]; do sleep 0.05; done
told() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$RUNLOG_HOME/relay/told"; }
url=$(told url)

heading "A vault for this history: its secret is 24 words"
export RUNLOG_PASSPHRASE='only for this demo'
try runlog vault init --yes
say runlog backend add "$url"
RUNLOG_ACCOUNT_TOKEN=$(told setup_code) runlog backend add "$url" >/dev/null
try runlog sync now

heading "A second device joins by a code, and has everything"
say runlog device pair
code=$(runlog device pair)
echo "$code"
# What the second device does, in a home of its own.
second() { RUNLOG_HOME="$RUNLOG_HOME/second" "$@"; }
say second runlog vault join --relay "$url"
RUNLOG_PAIRING_CODE=$code second runlog vault join --relay "$url"
try second runlog sync now
try second runlog list

heading "It records runs of its own"
try second runlog run --tag second -- date -u

heading "Both edit the same run while they are apart; neither edit is lost"
try runlog tag "$id" release
try second runlog note "$id" "looked at on the other device"
try second runlog sync now
try runlog sync now
try runlog show "$id"
try runlog sync log --entity "$id"
try runlog device list

heading "All is well?"
try runlog doctor

heading "The third device is a page: open the address, choose to join, and type the code"
say runlog device pair
code=$(runlog device pair)
cat <<END

  ${bold}$url/${off}
  ${bold}$code${off}   (good for ten minutes)

END
if [ -t 0 ]; then
  read -rp "Press Enter to end the demo and its relay. " || true
elif [ "${DEMO_SECONDS:-0}" -gt 0 ]; then
  echo "The relay stays for ${DEMO_SECONDS} s."
  sleep "$DEMO_SECONDS"
else
  echo "The relay ends with the demo; DEMO_SECONDS=600 make demo keeps it for ten minutes."
fi

kill "$relay"
wait "$relay" || true
relay=

cat <<END

${bold}Try next${off}
  runlog run -- make lint     record something of your own
  runlog list --since 1h      find it
  runlog --help               all there is
The program is $program: put it into your PATH.
This demo kept its history in a temporary directory and removes it now; yours goes to
${XDG_DATA_HOME:-~/.local/share}/runlog, or where RUNLOG_HOME says.
END
