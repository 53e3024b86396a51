#!/usr/bin/env bash
# Runs the program, built for release, with the arguments given.
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo run --release --quiet -p runlog-cli -- "$@"
