#!/usr/bin/env bash
# The web app in web-demo: scripts/web.sh build|dev|test|lint|shots [--release]
# It is built on the packed npm package alone, which is made first; `--release` makes that small.
set -euo pipefail
cd "$(dirname "$0")/.."

task=${1:?build, dev, test, lint or shots}
shift
# The relay and the native device that a page syncs with.
case $task in test | shots) cargo build -p runlog-cli ;; esac
scripts/package.sh build "$@"
rm -f web-demo/runlog-*.tgz
(cd wasm/js && npm pack --silent --pack-destination ../../web-demo) >/dev/null

cd web-demo
[[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --no-audit --no-fund
# What `npm install` would do, but for the lock file, whose check sum every build would change.
rm -rf node_modules/runlog
mkdir node_modules/runlog
tar -xzf runlog-*.tgz --strip-components=1 -C node_modules/runlog

case $task in
dev) exec npm run dev ;;
build) npm run build ;;
lint) npm run --silent lint ;;
test)
    npm run build
    npm test
    ;;
shots)
    npm run build
    node test/screenshots.js "${SHOTS:?a directory for the pictures}"
    ;;
*)
    echo "web.sh: no task is called '$task'" >&2
    exit 2
    ;;
esac
