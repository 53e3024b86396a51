#!/usr/bin/env bash
# Installs the named tools, each unless it is there: scripts/setup.sh TOOL...
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null
}

# Debian packages, given as COMMAND:PACKAGE.
packages() {
    local missing=() pair
    for pair in "$@"; do
        has "${pair%%:*}" || missing+=("${pair#*:}")
    done
    ((${#missing[@]})) || return 0
    if [[ $EUID -ne 0 ]] || ! has apt-get; then
        fail "These packages are missing: ${missing[*]}" \
            "On Debian, install them with: sudo apt-get install ${missing[*]}"
    fi
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

# COMMAND CRATE VERSION [OPTION...]
crate() {
    has "$1" || cargo install "$2" --version "$3" "${@:4}"
}

rustup_has() {
    has rustup || fail "rustup is missing: see https://rustup.rs"
    rustup "$1" list --installed | grep -q "^$2"
}

# The version that Cargo.lock gives a crate.
locked_version() {
    awk -v name="name = \"$1\"" '$0 == name { getline; print $3 }' Cargo.lock | tr -d '"'
}

install_wasm_bindgen() {
    local version
    version=$(locked_version wasm-bindgen)
    if has wasm-bindgen-test-runner && [[ $(wasm-bindgen --version) == *" $version" ]]; then
        return
    fi
    # Not --locked: its lock file names a version of a crate that is no longer to be had.
    cargo install wasm-bindgen-cli --version "$version" --force
}

install_fuzz() {
    has rustup && rustup run nightly rustc --version >/dev/null 2>&1 ||
        fail "Fuzzing needs a nightly toolchain: rustup toolchain install nightly"
    crate cargo-fuzz cargo-fuzz 0.13.2 --locked
}

for tool in "$@"; do
    case $tool in
    components)
        for component in clippy rustfmt; do
            rustup_has component "$component" || rustup component add "$component"
        done
        ;;
    wasm-target)
        rustup_has target wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown
        ;;
    # The standard library's sources: the module of the npm package is released with its own build of it.
    rust-src) rustup_has component rust-src || rustup component add rust-src ;;
    build)
        has cargo || fail "cargo is missing: see https://rustup.rs"
        packages cc:gcc
        ;;
    clang) packages clang:clang ;;
    node) packages node:nodejs npm:npm ;;
    browsers) packages chromium:chromium chromedriver:chromium-driver firefox-esr:firefox-esr ;;
    postgresql)
        # Debian keeps its programs off the path.
        compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages initdb:postgresql
        ;;
    nextest)
        # Without its self-update, which package managers and lock files do not need.
        crate cargo-nextest cargo-nextest 0.9.151 --locked \
            --no-default-features --features default-no-update
        ;;
    wasm-bindgen) install_wasm_bindgen ;;
    geckodriver) crate geckodriver geckodriver 0.37.1 --locked ;;
    deny) crate cargo-deny cargo-deny 0.20.2 --locked ;;
    wasm-pack) crate wasm-pack wasm-pack 0.15.1 --locked ;;
    fuzz) install_fuzz ;;
    *) fail "setup.sh: no tool is called '$tool'" ;;
    esac
done
