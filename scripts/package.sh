#!/usr/bin/env bash
# The npm package in wasm/js: scripts/package.sh build|test|lint|bench [--release] [NAME...]
set -euo pipefail
cd "$(dirname "$0")/../wasm/js"

task=${1:?build, test, lint or bench}
shift
[[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --no-audit --no-fund
case $task in
build) node build.js "$@" ;;
test)
    node build.js "$@"
    # The relay and the native device that a page syncs with.
    cargo build -p runlog-cli
    node --test --test-timeout=300000 test/*.test.js
    ;;
lint)
    # The types of the module are made by building it.
    [[ -e generated/runlog_wasm.d.ts ]] || node build.js
    npm run --silent lint
    ;;
bench)
    node build.js --release
    # The relay and the native device that a page is compared with.
    cargo build --release -p runlog-cli
    target=${CARGO_TARGET_DIR:-../../target}
    RUNLOG_PROGRAM=$(cd "$target" && pwd)/release/runlog node bench/main.js "$@"
    ;;
*)
    echo "package.sh: no task is called '$task'" >&2
    exit 2
    ;;
esac
