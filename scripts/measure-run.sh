#!/usr/bin/env bash
# What `runlog run` costs: beside a program that does nothing, beside a pipe with a million lines,
# and in memory while a program prints BYTES (1 GB) without a newline.
set -euo pipefail
cd "$(dirname "$0")/.."
bytes=${BYTES:-1000000000}
repeats=${REPEATS:-5}

cargo build --release --quiet -p runlog-cli
runlog=$(cd "${CARGO_TARGET_DIR:-target}/release" && pwd)/runlog
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export RUNLOG_HOME=$home
"$runlog" run -- true

# Milliseconds that a line takes, the median of several.
median_ms() {
  for _ in $(seq "$repeats"); do
    begin=$(date +%s%N)
    bash -c "$1" >/dev/null
    echo $((($(date +%s%N) - begin) / 1000))
  done | sort -n | awk '{ all[NR] = $1 } END { printf "%.1f", all[int((NR + 1) / 2)] / 1000 }'
}

echo "a program that does nothing, 20 times"
plain=$(median_ms 'for n in {1..20}; do /bin/true; done')
recorded=$(median_ms "for n in {1..20}; do $runlog run -- /bin/true; done")
awk "BEGIN { printf \"  %.1f ms more each (at most 25)\n\", ($recorded - $plain) / 20 }"

lines='for (n = 1; n <= 1000000; n++) print "2026-11-21T10:00:00Z INFO request " n " done in " n % 97 " ms"'
echo "a million lines of a log (awk), through a pipe"
plain=$(median_ms "awk 'BEGIN { $lines }' | cat")
recorded=$(median_ms "$runlog run -- awk 'BEGIN { $lines }' | cat")
awk "BEGIN { printf \"  %.0f ms, plain %.0f ms: %.2f times (at most 1.25)\n\", $recorded, $plain, $recorded / $plain }"

echo "$bytes bytes without a newline"
"$runlog" run --no-pty -- sh -c \
  "head -c $bytes /dev/zero | tr '\\0' x; grep VmHWM /proc/\$PPID/status >'$home/memory'" | cat >/dev/null
awk '{ printf "  %.1f MiB resident at most (at most 64)\n", $2 / 1024 }' "$home/memory"
