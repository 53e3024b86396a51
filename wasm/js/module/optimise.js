// Makes a module smaller as it is downloaded: what brotli leaves of it counts, not its own length.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { functions, withFunctionNames, withoutNames } from "./binary.js";
import { bySimilarity } from "./order.js";

/** With more passes the module is smaller, and what brotli makes of it larger. */
const PASSES = ["-O1", "--dae-optimizing", "--duplicate-function-elimination", "--rse", "--vacuum"];
/** What libraries export from C for others that would be linked with them. */
const NOT_CALLED = /^(rust_|sqlite3_|__abort_handler|__instance_terminated)/;

/** Takes the module at one path, and writes it to another. */
export function optimise(from, to) {
  const step = `${to}.step`;
  const graph = `${to}.graph.json`;
  writeFileSync(graph, JSON.stringify(reachable(readFileSync(from))));
  // Names are needed up to the end: they are what functions are ordered by.
  binaryen("wasm-metadce", "-g", "--graph-file", graph, from, "-o", step);
  binaryen("wasm-opt", "-g", ...PASSES, "--strip-producers", "--reorder-functions-by-name", step, "-o", step);
  writeFileSync(step, inOrder(readFileSync(step)));
  binaryen("wasm-opt", "-g", "--reorder-functions-by-name", step, "-o", step);
  writeFileSync(to, withoutNames(readFileSync(step)));
  rmSync(step);
  rmSync(graph);
}

function binaryen(tool, ...options) {
  const program = fileURLToPath(new URL(`../node_modules/binaryen/bin/${tool}`, import.meta.url));
  // `wasm-metadce` prints what it removes.
  execFileSync(process.execPath, [program, ...options], { stdio: ["ignore", "ignore", "inherit"] });
}

/** What the page reaches of the module, for `wasm-metadce`. */
function reachable(module) {
  const exports = WebAssembly.Module.exports(new WebAssembly.Module(module)).map(({ name }) => name);
  const called = exports.filter((name) => !NOT_CALLED.test(name));
  return [
    { name: "page", root: true, reaches: called.map((name) => `export ${name}`) },
    ...called.map((name) => ({ name: `export ${name}`, export: name })),
  ];
}

/** The module with names for its functions that sort them by similarity. */
function inOrder(module) {
  const { imported, bodies } = functions(module);
  const names = Array.from({ length: imported }, (_, index) => `import ${index}`);
  bySimilarity(bodies).forEach((index, place) => {
    names[imported + index] = String(place).padStart(8, "0");
  });
  return withFunctionNames(module, names);
}
