// What each feature takes of the module: its functions by their names, compressed together by brotli.
import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

import { functionNames, functions } from "../module/binary.js";

// The module as it comes from wasm-bindgen, which has the names of functions still.
const NAMED = new URL("../generated/runlog_wasm_bg.wasm", import.meta.url);

/** What follows the name of a crate in those of its functions. */
const CRATE_HASHES = /\[[0-9a-f]+\]/g;

/** The first that fits. Generic code is told by its own name or by the types that it is compiled for. */
const FEATURES = [
  ["sync", /runlog_core::sync|runlog_sqlite::sync|runlog_wasm::api::(sync|shape_sync)/],
  ["vault, sealing", /runlog_core::(crypto|sealed)|argon2|blake2|chacha20|poly1305|sha2|siphasher|hkdf|bip39|hybrid_array/],
  ["masking", /runlog_core::mask|aho_corasick|memchr/],
  ["logs", /runlog_core::(log|history::logs|history::incoming_logs)|runlog_sqlite::logs/],
  ["history", /runlog_core|runlog_sqlite|rusqlite/],
  ["calls from JavaScript", /runlog_wasm::api|js_sys|wasm_bindgen|web_sys/],
  ["JSON", /serde/],
  ["files on OPFS", /runlog_wasm|sqlite_wasm_vfs|rsqlite_vfs/],
  ["Rust's library", /::/],
  ["zstd", /^(ZSTD|HUF|FSE|HIST|XXH|ERR_)/],
  ["SQLite", /^/],
];

/** Lines of `[feature, bytes, compressed bytes]`, the largest first. */
export function features() {
  const module = readFileSync(NAMED);
  const { bodies, imported } = functions(module);
  const names = functionNames(module);
  const groups = new Map(FEATURES.map(([feature]) => [feature, []]));
  bodies.forEach((body, index) => {
    const name = (names.get(imported + index) ?? "").replace(CRATE_HASHES, "");
    const [feature] = FEATURES.find(([, pattern]) => pattern.test(name));
    groups.get(feature).push(body);
  });
  return [...groups]
    .map(([feature, parts]) => [feature, Buffer.concat(parts)])
    .map(([feature, code]) => [feature, code.length, brotliCompressSync(code).length])
    .sort((one, other) => other[2] - one[2]);
}
