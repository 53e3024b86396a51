// What an application downloads, compressed by brotli at its best.
import { readFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

import { features } from "./features.js";

const dist = new URL("../dist/", import.meta.url);
/** Bytes that the client, the worker and the module may take together. */
const LIMIT = 550 * 1024;

export function size() {
  let total = 0;
  for (const file of ["index.js", "worker.js", "runlog.wasm"]) {
    const bytes = readFileSync(new URL(file, dist));
    const compressed = brotliCompressSync(bytes).length;
    total += compressed;
    console.log(`size  ${file.padEnd(12)} ${kib(bytes.length)} raw  ${kib(compressed)} brotli`);
  }
  console.log(`size  all of it    ${kib(total)} brotli, at most ${kib(LIMIT)} ${total <= LIMIT ? "holds" : "MISSED"}`);
  const react = brotliCompressSync(readFileSync(new URL("react/index.js", dist))).length;
  console.log(`size  runlog/react ${kib(react)} brotli, where it is used`);
  console.log("size  of the module, by what its functions are for (each compressed alone; the rest is data):");
  for (const [feature, raw, compressed] of features()) {
    console.log(`size    ${feature.padEnd(22)} ${kib(raw)} raw  ${kib(compressed)} brotli`);
  }
}

function kib(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`.padStart(11);
}
