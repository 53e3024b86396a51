// What the build does beside bundling: the list of files for the service worker, and compressed copies.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

import type { Plugin } from "vite";

/** The most brotli bytes of the app's own JavaScript. */
const SCRIPTS_MAX = 300_000;
/** Bytes above which compressing as well as can be takes minutes: the module of a debug build. */
const LARGE = 4_000_000;

/** Tells the service worker of which files the app consists, and a version that changes with them. */
export function offlineFiles(): Plugin {
  let publicDir = "";
  return {
    name: "runlog:offline-files",
    apply: "build",
    enforce: "post",
    configResolved(config) {
      publicDir = config.publicDir;
    },
    generateBundle(_, bundle) {
      const worker = bundle["service-worker.js"];
      if (worker?.type !== "chunk") throw new Error("the build made no service worker");
      const made = Object.values(bundle).filter((file) => file !== worker && file.fileName !== "index.html");
      const hash = createHash("sha256");
      for (const file of Object.values(bundle)) {
        hash.update(file.fileName).update(file.type === "chunk" ? file.code : file.source);
      }
      for (const name of readdirSync(publicDir)) hash.update(readFileSync(join(publicDir, name)));
      const files = ["/", ...made.map((file) => `/${file.fileName}`), ...readdirSync(publicDir).map((name) => `/${name}`)];
      worker.code = worker.code
        .replace("__FILES__", JSON.stringify(files.sort()))
        .replace("__VERSION__", JSON.stringify(hash.digest("hex").slice(0, 16)));
    },
  };
}

/** Lays a brotli copy beside each file, which a relay serves, and holds the scripts to their size. */
export function compressed(): Plugin {
  let outDir = "";
  return {
    name: "runlog:compressed",
    apply: "build",
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    closeBundle() {
      const sizes = new Map<string, number>();
      for (const name of readdirSync(outDir, { recursive: true, encoding: "utf8" })) {
        if (!/\.(js|css|html|wasm|svg|webmanifest)$/.test(name)) continue;
        const file = readFileSync(join(outDir, name));
        const params = { [constants.BROTLI_PARAM_QUALITY]: file.length > LARGE ? 9 : 11 };
        const bytes = brotliCompressSync(file, { params });
        writeFileSync(join(outDir, `${name}.br`), bytes);
        sizes.set(name, bytes.length);
      }
      const sum = (wanted: (name: string) => boolean) =>
        [...sizes].reduce((total, [name, bytes]) => total + (wanted(name) ? bytes : 0), 0);
      const isPackage = (name: string) => /\/worker-[^/]*\.js$|\.wasm$/.test(name);
      const scripts = sum((name) => name.endsWith(".js") && !isPackage(name));
      const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
      console.log(`brotli: the app's scripts ${kilobytes(scripts)}, the package's worker and module ${kilobytes(sum(isPackage))}`);
      if (scripts > SCRIPTS_MAX) throw new Error(`the app's scripts have ${scripts} bytes, at most ${SCRIPTS_MAX}`);
    },
  };
}
