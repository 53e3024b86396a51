// What an application downloads, and what of it is for what.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

import { LIMIT, download } from "../module/budget.js";
import { features } from "./features.js";

const dist = new URL("../dist/", import.meta.url);

export function size() {
  const { parts, total } = download(fileURLToPath(dist));
  for (const { file, raw, compressed } of parts) {
    console.log(`size  ${file.padEnd(12)} ${kib(raw)} raw  ${kib(compressed)} brotli`);
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
