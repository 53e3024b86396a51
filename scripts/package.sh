#!/usr/bin/env bash
# The npm package in wasm/js: scripts/package.sh build|test [--release]
set -euo pipefail
cd "$(dirname "$0")/../wasm/js"

task=${1:?build or test}
shift
[[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --no-audit --no-fund
node build.js "$@"
case $task in
build) ;;
test)
    # The relay and the native device that a page syncs with.
    cargo build -p runlog-cli
    node --test --test-timeout=300000 test/*.test.js
    ;;
*)
    echo "package.sh: no task is called '$task'" >&2
    exit 2
    ;;
esac
