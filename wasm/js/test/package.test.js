// The package as it is published: what it offers, and what bundlers, browsers and Node make of it.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { reviewed, surface } from "../api.js";
import { browse, serveDirectory } from "./harness.js";

const exec = promisify(execFile);
const here = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(here, "node_modules/.bin", name);

/** What every project does: open, record, list; it says so in its title. */
const program = `
  import { open } from "runlog";
  const runlog = await open({ name: "packed" });
  const recorder = runlog.recorder();
  const id = recorder.start({ kind: "job", workflowId: "packed" });
  recorder.finish(id, { outcome: "completed" });
  await recorder.flush({ durable: true });
  const { executions } = await runlog.executions.list();
  document.title = [runlog.storage.kind, executions.length, executions[0].status].join(" ");
`;
const html = (head) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">${head}</head></html>`;

let directory;
let tarball;
let browser;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "runlog-package-"));
  const packed = await exec("npm", ["pack", "--silent", "--pack-destination", directory], { cwd: here });
  tarball = join(directory, packed.stdout.trim());
  browser = await browse();
});

after(async () => {
  await browser?.close();
  if (directory) rmSync(directory, { recursive: true, force: true });
});

/** A fresh project with the packed package and others installed, and some files. */
async function project(name, packages, files) {
  const root = join(directory, name);
  mkdirSync(root);
  writeFileSync(join(root, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  const flags = ["--no-audit", "--no-fund", "--silent", "--prefer-offline", "--no-package-lock"];
  await exec("npm", ["install", ...flags, tarball, ...packages], { cwd: root });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

/** Runs the program at an address, twice: the second time, what the first one recorded is there. */
async function runs(url) {
  for (const expected of ["opfs 1 completed", "opfs 2 completed"]) {
    const page = await browser.context.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(url);
    await page.waitForFunction(() => document.title !== "", undefined, { timeout: 20_000 }).catch((error) => {
      throw new Error([error.message, ...problems].join("\n"));
    });
    assert.equal(await page.title(), expected);
    await page.close();
  }
}

async function runsFrom(root) {
  const server = await serveDirectory(root);
  try {
    await runs(server.url);
  } finally {
    server.close();
  }
}

test("its types are those that were reviewed", () => {
  assert.equal(surface(), reviewed(), "look at the difference, then run: npm run api");
});

test("publint and arethetypeswrong have nothing to say", async () => {
  await exec(bin("publint"), ["--strict", tarball]);
  // It is a package of modules alone, and the module of WebAssembly has no types.
  await exec(bin("attw"), [tarball, "--profile", "esm-only", "--exclude-entrypoints", "runlog.wasm"]);
});

test("it holds one worker, one module of WebAssembly, and nothing of how it is made", async () => {
  const { stdout } = await exec("tar", ["-tzf", tarball]);
  const files = stdout.trim().split("\n").map((file) => file.replace("package/", ""));
  const code = files.filter((file) => !file.endsWith(".d.ts")).sort();
  assert.deepEqual(code, [
    "README.md",
    "dist/LICENSE-APACHE",
    "dist/LICENSE-MIT",
    "dist/index.js",
    "dist/react/index.js",
    "dist/runlog.wasm",
    "dist/worker.js",
    "package.json",
  ]);
});

test("Node imports it, which does nothing, and says so when it is used", async () => {
  const root = await project("node", [], {
    "main.js": `
      import { open, RunlogError } from "runlog";
      const error = await open({ name: "x" }).catch((error) => error);
      console.log(error instanceof RunlogError, error.code, process.getActiveResourcesInfo().length);
    `,
  });
  const { stdout } = await exec(process.execPath, ["main.js"], { cwd: root });
  assert.match(stdout, /^true unsupported \d+\n$/);
});

test("a plain page runs it", async () => {
  const root = await project("plain", [], {
    "main.js": program,
    "index.html": html(`
      <script type="importmap">{ "imports": { "runlog": "./node_modules/runlog/dist/index.js" } }</script>
      <script type="module" src="main.js"></script>`),
  });
  await runsFrom(root);
});

const vite = {
  "main.js": program,
  "index.html": html('<script type="module" src="/main.js"></script>'),
  "vite.config.js": 'export default { optimizeDeps: { exclude: ["runlog"] }, build: { target: "es2022" } };',
};

test("Vite builds it", async () => {
  const root = await project("vite", ["vite@8.3.8"], vite);
  await exec(join(root, "node_modules/.bin/vite"), ["build", "--logLevel", "error"], { cwd: root });
  const built = readdirSync(join(root, "dist/assets"));
  assert.equal(built.filter((file) => file.endsWith(".wasm")).length, 1, built.join(" "));
  await runsFrom(join(root, "dist"));
});

test("Vite serves it in development", async () => {
  const root = join(directory, "vite");
  assert.ok(existsSync(root), "the project of the test before");
  const flags = ["--host", "127.0.0.1", "--port", "0", "--clearScreen", "false"];
  const server = spawn(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), ...flags], { cwd: root });
  try {
    const url = await new Promise((resolve, reject) => {
      let text = "";
      server.stdout.on("data", (data) => {
        text += data;
        const found = text.replace(/\u001b\[\d+m/g, "").match(/http:\/\/127\.0\.0\.1:\d+\//);
        if (found) resolve(found[0]);
      });
      server.on("exit", (code) => reject(new Error(`vite ended with ${code}: ${text}`)));
    });
    await runs(url);
  } finally {
    server.kill();
  }
});

test("webpack builds it", async () => {
  const root = await project("webpack", ["webpack@5.112.2", "webpack-cli@7.3.1"], {
    "main.js": program,
    "public/index.html": html('<script src="main.js"></script>'),
    "webpack.config.js": `
      export default {
        mode: "production",
        entry: "./main.js",
        output: { path: import.meta.dirname + "/public", filename: "main.js", publicPath: "/" },
        performance: { hints: false },
      };`,
  });
  await exec(join(root, "node_modules/.bin/webpack"), [], { cwd: root });
  await runsFrom(join(root, "public"));
  assert.equal(readdirSync(join(root, "public")).filter((file) => file.endsWith(".wasm")).length, 1);
});
