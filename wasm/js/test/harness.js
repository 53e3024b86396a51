// A server for the built package and an empty page, and a browser with a profile of its own.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const types = { ".js": "text/javascript", ".wasm": "application/wasm" };

/**
 * Serves `/` as an empty page and everything else from `dist`; the parameter `first` is a script that is
 * put in front.
 */
export async function serve() {
  const server = createServer((request, response) => {
    const { pathname: path, searchParams } = new URL(request.url, "http://localhost");
    const file = join(dist, normalize(path));
    if (path === "/") {
      response.setHeader("content-type", "text/html");
      response.end('<!doctype html><title>test</title><link rel="icon" href="data:,">');
    } else if (file.startsWith(dist) && existsSync(file)) {
      response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
      const script = searchParams.get("first") ?? "";
      response.end(Buffer.concat([Buffer.from(script), readFileSync(file)]));
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

/** Chromium with an empty profile on disk: a context without one has slow storage of another kind. */
export async function browse() {
  const profile = mkdtempSync(join(tmpdir(), "runlog-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}

/** A tab with the history of that name open as `runlog`; the script `first` runs before all of its worker's. */
export async function tab(context, url, name, options = {}, first = "") {
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error("page:", error.message));
  page.on("console", (message) => message.type() === "error" && console.error("page:", message.text()));
  await page.goto(url);
  await page.evaluate(
    async ([name, options, first]) => {
      const module = await import("/index.js");
      globalThis.module = module;
      const worker = () => new Worker(`/worker.js?first=${encodeURIComponent(first)}`, { type: "module" });
      globalThis.runlog = await module.open({ name, ...(first && { worker }), ...options });
    },
    [name, options, first],
  );
  return page;
}
