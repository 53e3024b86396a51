// The types that the package offers, as one text: `api.d.ts` is what a change of them is reviewed by.
//
//   node api.js [--write]    compares with what was built, or takes it over
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const snapshot = join(here, "api.d.ts");
const entries = ["index.d.ts", "react/index.d.ts", "worker.d.ts"];

/** Declarations that an entry of the package leads to, in the order of their names. */
function reachable(dist) {
  const found = new Set();
  const visit = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const [, path] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)\.js"/g)) {
      visit(join(dirname(file), `${path}.d.ts`));
    }
  };
  for (const entry of entries) visit(join(dist, entry));
  return [...found].sort();
}

/** Removes the declarations of what nobody can import. */
export function removeInternalTypes(dist) {
  const kept = new Set(reachable(dist));
  for (const name of readdirSync(dist, { recursive: true })) {
    const file = join(dist, name);
    if (file.endsWith(".d.ts") && !kept.has(file)) rmSync(file);
  }
  for (const name of readdirSync(dist)) {
    const directory = join(dist, name);
    if (statSync(directory).isDirectory() && readdirSync(directory).length === 0) rmSync(directory, { recursive: true });
  }
}

/** All of them. */
export function surface(dist = join(here, "dist")) {
  return reachable(dist)
    .map((file) => `// ${relative(dist, file)}\n${readFileSync(file, "utf8").trim()}\n`)
    .join("\n");
}

/** What they were when they were last reviewed. */
export function reviewed() {
  return readFileSync(snapshot, "utf8");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) writeFileSync(snapshot, surface());
  else if (surface() !== reviewed()) {
    console.error("the types differ from api.d.ts: look at the difference, then run: npm run api");
    process.exit(1);
  }
}
