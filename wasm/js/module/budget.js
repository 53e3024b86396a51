// What an application downloads of the package, compressed by brotli at its best.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const DOWNLOADED = ["index.js", "worker.js", "runlog.wasm"];
/** Bytes that these may take together. */
export const LIMIT = 550 * 1024;

/** Of each of these files its bytes as they are and compressed, and how many the latter are together. */
export function download(dist) {
  const parts = DOWNLOADED.map((file) => {
    const bytes = readFileSync(join(dist, file));
    return { file, raw: bytes.length, compressed: brotliCompressSync(bytes).length };
  });
  return { parts, total: parts.reduce((sum, { compressed }) => sum + compressed, 0) };
}
