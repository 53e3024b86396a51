// Builds the package: the module for WebAssembly, its glue, the worker, the client, the types.
//
//   node build.js [--release]
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { removeInternalTypes } from "./api.js";
import { LIMIT, download } from "./module/budget.js";
import { optimise } from "./module/optimise.js";

/**
 * Builds the standard library along with the module, for size. A panic traps at once: its message and its
 * place would go nowhere in a page. The options are unstable, and taken from the pinned compiler alone.
 */
const SMALL = {
  options: ["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"],
  environment: {
    RUSTC_BOOTSTRAP: "1",
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none",
  },
};

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const profile = process.argv.includes("--release") ? "wasm-release" : "dev";
const run = (command, args, options = {}) => execFileSync(command, args, { stdio: "inherit", ...options });

const { options, environment } = profile === "dev" ? { options: [], environment: {} } : SMALL;
run("cargo", ["build", "--target", "wasm32-unknown-unknown", "-p", "runlog-wasm", "--profile", profile, ...options], {
  cwd: root,
  env: { ...process.env, ...environment },
});
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const directory = profile === "dev" ? "debug" : profile;
const module = join(target, "wasm32-unknown-unknown", directory, "runlog_wasm.wasm");
// Where the module is, the client says: a path in the glue would be another asset to bundlers.
run("wasm-bindgen", [module, "--target", "web", "--omit-default-module-path", "--out-dir", join(here, "generated")]);

const dist = join(here, "dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const place = profile === "dev" ? copyFileSync : optimise;
place(join(here, "generated/runlog_wasm_bg.wasm"), join(dist, "runlog.wasm"));
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(join(root, licence), join(dist, licence));
await build({
  absWorkingDir: here,
  entryPoints: ["src/index.ts", "src/worker.ts", "src/react/index.ts"],
  outdir: dist,
  bundle: true,
  external: ["react"],
  format: "esm",
  target: "es2022",
  minify: profile !== "dev",
  legalComments: "none",
});
run(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "--emitDeclarationOnly", "-p", here]);
removeInternalTypes(dist);
if (profile !== "dev") {
  const { total } = download(dist);
  console.log(`An application downloads ${total} bytes of the package, compressed; at most ${LIMIT}.`);
  if (total > LIMIT) throw new Error("The package is larger than it may be: see `make bench-web BENCH=size`.");
}
