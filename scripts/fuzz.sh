#!/usr/bin/env bash
# Fuzzes the named targets of fuzz/, or all: FUZZ_SECONDS=60 scripts/fuzz.sh [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."

(($#)) || set -- $(cargo +nightly fuzz list)
for target in "$@"; do
    echo "== $target"
    # An input of a few KiB that makes a decoder take 16 MiB holds a forged length.
    cargo +nightly fuzz run "$target" -- \
        -max_total_time="${FUZZ_SECONDS:-60}" -malloc_limit_mb=16 \
        -verbosity=0 -print_final_stats=1
done
