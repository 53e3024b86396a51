// Benchmarks in Chromium: node bench/main.js [recording|listing|bulk|opening|syncing|size ...]; all unless named.
//
// Ratios within one run, the two sides in turns; the spread is the least and the greatest of the rounds.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { browse, serveDirectory } from "../test/harness.js";
import { size } from "./size.js";
import { syncing } from "./syncing.js";

const here = dirname(fileURLToPath(import.meta.url));
const peer = dirname(createRequire(import.meta.url).resolve("@sqlite.org/sqlite-wasm"));
const names = process.argv.slice(2);
const wanted = (name) => names.length === 0 || names.includes(name);

if (wanted("size")) size();
const inBrowser = ["recording", "listing", "bulk", "opening", "syncing"].filter(wanted);
if (inBrowser.length > 0) {
  const script = (file) => readFileSync(join(here, file), "utf8");
  const pages = {
    "/": ["text/html", '<!doctype html><title>bench</title><link rel="icon" href="data:,">'],
    "/bench/page.js": script("page.js"),
    "/bench/figures.js": script("figures.js"),
    "/bench/plain.js": script("plain.js"),
    "/bench/opening.js": script("opening.js"),
    "/generated/runlog_wasm.js": readFileSync(join(here, "../generated/runlog_wasm.js"), "utf8"),
    "/sqlite/index.mjs": readFileSync(join(peer, "index.mjs"), "utf8"),
    "/sqlite/sqlite3.wasm": ["application/wasm", readFileSync(join(peer, "sqlite3.wasm"))],
  };
  const server = await serveDirectory(join(here, "../dist"), pages);
  const browser = await browse();
  const page = await browser.context.newPage();
  page.on("pageerror", (error) => console.error("page:", error.message));
  await page.goto(server.url);
  await page.exposeFunction("say", (line) => console.log(line));
  for (const name of inBrowser) {
    if (name === "syncing") await syncing(page);
    else await page.evaluate(async (name) => (await import("/bench/page.js"))[name](), name);
  }
  await browser.close();
  server.close();
}
