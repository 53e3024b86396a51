#!/usr/bin/env bash
# Runs the tests of wasm/ in the named browsers: scripts/test-browser.sh [chromium] [firefox]
# Both if none is named. What follows `--` goes to `cargo test`.
set -euo pipefail
cd "$(dirname "$0")/.."

path_of() {
    command -v "$1" || {
        echo "test-browser.sh: $1 is missing; 'make setup-browser' installs it" >&2
        exit 1
    }
}

browsers=()
while (($#)) && [[ $1 != -- ]]; do
    browsers+=("$1")
    shift
done
shift $(($# > 0))
((${#browsers[@]})) || browsers=(chromium firefox)

for browser in "${browsers[@]}"; do
    # The runner takes the first driver it finds: exactly one may be named.
    case $browser in
    chromium) driver=CHROMEDRIVER=$(path_of chromedriver) ;;
    firefox) driver=GECKODRIVER=$(path_of geckodriver) ;;
    *)
        echo "test-browser.sh: no browser is called '$browser'" >&2
        exit 2
        ;;
    esac
    echo "== $browser"
    env -u CHROMEDRIVER -u GECKODRIVER "$driver" \
        cargo test --target wasm32-unknown-unknown -p runlog-wasm "$@"
done
