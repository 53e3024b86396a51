// A server for the built package and an empty page, and a browser with a profile of its own.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
const EMPTY = '<!doctype html><title>test</title><link rel="icon" href="data:,">';

/**
 * Serves `/` as an empty page, `scripts` by their paths and everything else from `dist`; the parameter `first`
 * is a script that is put in front.
 */
export function serve(scripts = {}) {
  return serveDirectory(dist, { "/": ["text/html", EMPTY], ...scripts });
}

/** Serves a directory, and `pages` by their paths: a script, or a type and a text. */
export async function serveDirectory(directory, pages = {}) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const path = pathname.endsWith("/") && !(pathname in pages) ? `${pathname}index.html` : pathname;
    const file = join(directory, normalize(path));
    if (path in pages) {
      const [type, text] = Array.isArray(pages[path]) ? pages[path] : [types[".js"], pages[path]];
      response.setHeader("content-type", type);
      response.end(text);
    } else if (file.startsWith(directory) && existsSync(file)) {
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
  const { context, close } = await launch(profile);
  return {
    context,
    close: async () => {
      await close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Chromium with a profile that stays. `kill` ends its main process without a word. */
export async function launch(profile) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  const devtools = await context.browser()?.newBrowserCDPSession();
  const kill = async () => {
    const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
    process.kill(processInfo.find(({ type }) => type === "browser").id, "SIGKILL");
  };
  return { context, kill, close: () => context.close() };
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

/** Overwrites a part of each file of a history that is closed, behind the name and the first bytes. */
export function damage(page, name, from, length) {
  return page.evaluate(
    async ([name, from, length]) => {
      let directory = await navigator.storage.getDirectory();
      for (const part of ["runlog", name, ".opaque"]) directory = await directory.getDirectoryHandle(part);
      for await (const handle of directory.values()) {
        const { size } = await handle.getFile();
        if (size <= 4096 + from) continue;
        const file = await handle.createWritable({ keepExistingData: true });
        await file.write({ type: "write", position: 4096 + from, data: new Uint8Array(length).fill(0xa5) });
        await file.close();
      }
    },
    [name, from, length],
  );
}
