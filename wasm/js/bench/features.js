// What each feature takes of the module: its functions by their names, compressed together by brotli.
import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

// The module as it comes from wasm-bindgen, which has the names of functions still.
const NAMED = new URL("../generated/runlog_wasm_bg.wasm", import.meta.url);
const CODE_SECTION = 10;
const FUNCTION_NAMES = 1;

/** The first that fits. What the names of Rust's generic code do not tell stays with the standard library. */
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
  const module = new Reader(readFileSync(NAMED));
  const { bodies, imported } = functions(module);
  const names = functionNames(new WebAssembly.Module(module.bytes));
  const groups = new Map(FEATURES.map(([feature]) => [feature, []]));
  bodies.forEach((body, index) => {
    const name = names.get(imported + index) ?? "";
    const [feature] = FEATURES.find(([, pattern]) => pattern.test(name));
    groups.get(feature).push(body);
  });
  return [...groups]
    .map(([feature, parts]) => [feature, Buffer.concat(parts)])
    .map(([feature, code]) => [feature, code.length, brotliCompressSync(code).length])
    .sort((one, other) => other[2] - one[2]);
}

/** Reads what the binary format of WebAssembly is made of. */
class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** An unsigned number of up to 32 bits in LEB128. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  text() {
    return new TextDecoder().decode(this.take(this.number()));
  }
}

/** The code of every function that the module defines, and how many it imports: they are counted first. */
function functions(reader) {
  const imported = WebAssembly.Module.imports(new WebAssembly.Module(reader.bytes)).filter(({ kind }) => kind === "function").length;
  reader.at = 8;
  for (;;) {
    const id = reader.number();
    const section = reader.take(reader.number());
    if (id !== CODE_SECTION) continue;
    const code = new Reader(section);
    return { imported, bodies: Array.from({ length: code.number() }, () => code.take(code.number())) };
  }
}

/** The names of functions by their index. */
function functionNames(module) {
  const [section] = WebAssembly.Module.customSections(module, "name");
  const reader = new Reader(new Uint8Array(section));
  while (reader.number() !== FUNCTION_NAMES) reader.take(reader.number());
  reader.number();
  return new Map(Array.from({ length: reader.number() }, () => [reader.number(), reader.text()]));
}
