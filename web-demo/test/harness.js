// Serves the built app as a relay does, and drives it in Chromium.
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const app = fileURLToPath(new URL("../dist", import.meta.url));
const runlog = fileURLToPath(new URL("../node_modules/runlog/dist", import.meta.url));
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

/** The policy under which the relay serves the app (`server/src/web.rs`). */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "connect-src 'self' https: http://localhost:* http://127.0.0.1:*",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Serves the app; below `/package/` the npm package, by which a test writes into the history of the page. `first`
 * gives a script that is put before that of the package's worker, each time that is fetched.
 */
export async function serve(port = 0, { first = () => "" } = {}) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    const inPackage = path.startsWith("/package/");
    let file = inPackage ? join(runlog, path.slice("/package".length)) : join(app, path);
    if (!existsSync(file) || statSync(file).isDirectory()) file = join(app, "index.html");
    response.setHeader("content-security-policy", POLICY);
    response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
    response.setHeader("cache-control", "no-cache");
    if (/\/worker(-[^/]*)?\.js$/.test(file)) response.write(first());
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, port: server.address().port, close };
}

/** Chromium with a profile on disk of its own: a context without one has slow storage of another kind. */
export async function browse({ width = 1280, height = 800, scheme = "light", args = [], ...rest } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "runlog-web-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    viewport: { width, height },
    colorScheme: scheme,
    timezoneId: "UTC",
    locale: "en-GB",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", ...args],
    ...rest,
  });
  context.setDefaultTimeout(15_000);
  const problems = [];
  context.on("page", (page) => watch(page, problems));
  context.pages().forEach((page) => watch(page, problems));
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, problems, close };
}

/** What a page complains about, the content security policy included. */
function watch(page, problems) {
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.stack}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`${page.url()}: ${message.text()}`);
  });
}

/** Gives the page `write(callback)`: the history opened by the package beside the app. */
export async function historyOf(page) {
  await page.evaluate(async () => {
    if (globalThis.history_) return;
    const { open } = await import("/package/index.js");
    globalThis.history_ = await open({ name: "runlog" });
  });
}

/** Records `count` runs that end now, the newest first in time, and of every status. */
export async function seed(page, count, { batch = 500 } = {}) {
  await historyOf(page);
  await page.evaluate(
    async ([count, batch]) => {
      const recorder = globalThis.history_.recorder({ operationsMax: batch * 2 });
      const workflows = ["deploy", "nightly-build", "db-backup", "lint", "e2e-tests", "thumbnails", "import-orders"];
      const tags = ["prod", "staging", "nightly", "release", "flaky"];
      const hosts = ["build-01", "build-02", "ada-laptop", "grace-mbp"];
      // A sequence that is the same in each run.
      let state = 7;
      const random = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
      const pick = (list) => list[Math.floor(random() * list.length)];
      const now = Date.now();
      for (let number = 0; number < count; number += 1) {
        const startedAt = Math.round(now - (count - number) * 240_000 - random() * 200_000);
        const workflowId = pick(workflows);
        const id = recorder.start({
          kind: pick(["workflow", "command", "job"]),
          workflowId,
          startedAt,
          argv: workflowId === "lint" ? ["cargo", "clippy", "--all-targets"] : [`./${workflowId}.sh`, "--env", "prod"],
          hostName: pick(hosts),
          tags: random() < 0.25 ? [pick(tags)] : [],
          pinned: random() < 0.02,
          params: { env: pick(["prod", "staging"]), region: pick(["eu-1", "us-2"]) },
        });
        const outcome = random() < 0.12 ? "failed" : random() < 0.05 ? "cancelled" : "completed";
        const endedAt = Math.round(startedAt + 10 ** (1.5 + random() * 4));
        if (number < count - 2) recorder.finish(id, { outcome, endedAt, exitCode: outcome === "failed" ? 1 : 0 });
        if (number % batch === batch - 1) await recorder.flush();
      }
      await recorder.flush();
    },
    [count, batch],
  );
}

/** Records a run with phases, tasks, colours and errors; gives its id. */
export async function seedBuild(page, { retryOf } = {}) {
  await historyOf(page);
  return page.evaluate(async (retryOf) => {
    const recorder = globalThis.history_.recorder();
    const startedAt = Date.now() - 95_000;
    const id = recorder.start({
      kind: "workflow",
      workflowId: "release",
      workflowName: "Release build",
      startedAt,
      hostName: "build-01",
      user: "ada",
      argv: ["make", "release", "--jobs", "8"],
      tags: ["release", "prod"],
      params: { env: "prod", version: "2.4.0", "cargo.profile": "release", notes: "multi\nline value" },
      attributes: { ci: { runner: "self-hosted", attempt: 2 }, commit: "9f31c2e" },
      note: "Second try after the cache was cleared.",
      ...(retryOf ? { retryOf } : {}),
    });
    let at = startedAt;
    const event = (type, members, ms = 0) => {
      at += ms;
      recorder.append(id, { stream: "event", time: at, text: JSON.stringify({ type, ...members }), ...(type === "task_failed" ? { level: "error" } : {}) });
    };
    const line = (text, rest = {}) => recorder.append(id, { text, time: (at += 40), ...rest });
    event("phase_started", { phase: "prepare" });
    event("task_started", { task: "checkout" }, 200);
    line("\u001b[1mCloning\u001b[0m into '/build'...");
    event("task_completed", { task: "checkout" }, 4_200);
    event("task_started", { task: "restore cache" });
    line("\u001b[33mwarning\u001b[0m: cache miss for key deps-9f31c2e", { stream: "stderr", level: "warn" });
    event("task_completed", { task: "restore cache" }, 2_100);
    event("phase_completed", { phase: "prepare" });
    event("phase_started", { phase: "compile" });
    for (const part of ["core", "sqlite", "native", "cli"]) event("task_started", { task: part }, 300);
    for (let number = 1; number <= 400; number += 1) {
      line(`\u001b[32m   Compiling\u001b[0m crate-${number} v1.${number}.0 (\u001b[36m/build/crates/${number}\u001b[0m)`);
      if (number % 100 === 0) event("task_progress", { task: "native", percent: number / 4 });
    }
    for (const part of ["core", "sqlite", "cli", "native"]) event("task_completed", { task: part }, 5_000);
    event("phase_completed", { phase: "compile" });
    event("phase_started", { phase: "publish" });
    event("task_started", { task: "upload" }, 500);
    line("\u001b[31merror\u001b[0m: connection refused by registry.example.com:443", { stream: "stderr", level: "error" });
    event("task_failed", { task: "upload", error: "connection refused" }, 9_000);
    recorder.finish(id, { outcome: "failed", endedAt: at + 800, exitCode: 2 });
    await recorder.flush();
    return id;
  }, retryOf);
}
