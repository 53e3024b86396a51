// The hooks in React's strict mode in Chromium, and rendered on a server.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { createElement } from "react";
import { renderToString } from "react-dom/server";

import { browse, serve } from "./harness.js";

const app = `
  import { StrictMode, createElement as h } from "react";
  import { createRoot, hydrateRoot } from "react-dom/client";
  import { RunlogProvider, useExecution, useExecutions, useLog, useOpening, useSyncStatus } from "runlog/react";

  globalThis.renders = 0;
  function Runs({ workflowId }) {
    const { data } = useExecutions({ filter: { workflowId } });
    globalThis.renders += 1;
    return h("ul", null, data?.executions.map((run) => h("li", { key: run.id }, run.workflowId + " " + run.status)));
  }
  function Run({ id }) {
    const { data, error } = useExecution(id);
    const log = useLog(id, { limit: 10 });
    return h("p", null, error?.code ?? data?.status, " ", log.data?.entries.map((entry) => entry.text).join(","));
  }
  function State() {
    const { error } = useOpening();
    const { data } = useSyncStatus();
    return h("b", null, error ? error.code : data ? "backends " + data.backends.length : "empty");
  }
  const root = createRoot(document.body.appendChild(document.createElement("main")));
  globalThis.show = (runlog, workflowId, id) =>
    root.render(h(StrictMode, null, h(RunlogProvider, { runlog },
      h(State), h(Runs, { workflowId }), id && h(Run, { id }))));
  globalThis.unmount = () => root.unmount();
`;

let server;
let browser;
let page;

before(async () => {
  const { outputFiles } = await build({
    stdin: { contents: app, resolveDir: fileURLToPath(new URL("..", import.meta.url)) },
    bundle: true,
    format: "esm",
    write: false,
    define: { "process.env.NODE_ENV": '"development"' },
  });
  server = await serve({ "/app.js": outputFiles[0].text });
  browser = await browse();
  page = await browser.context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("pageerror", (error) => console.error("page:", error.message));
  page.on("console", (message) => message.type() === "error" && console.error("page:", message.text()));
  await page.goto(server.url);
  await page.evaluate(async () => {
    globalThis.module = await import("/index.js");
    await import("/app.js");
  });
});

after(async () => {
  await browser?.close();
  server?.close();
});

const text = (expected) =>
  page.waitForFunction((expected) => document.querySelector("main").textContent === expected, expected);

test("hooks show what is there and follow it", async () => {
  await page.evaluate(() => {
    globalThis.opening = module.open({ name: "react" });
    show(opening, "a");
  });
  await text("backends 0");
  const id = await page.evaluate(async () => {
    globalThis.runlog = await opening;
    const id = await runlog.executions.start({ kind: "job", workflowId: "a" });
    await runlog.executions.start({ kind: "job", workflowId: "b" });
    return id;
  });
  await text("backends 0a running");
  await page.evaluate((id) => show(opening, "b", id), id);
  await text("backends 0b runningrunning ");
  await page.evaluate(async (id) => {
    await runlog.logs.append(id, "one", "two");
    await runlog.executions.finish(id, { outcome: "failed" });
  }, id);
  await text("backends 0b runningfailed one,two");
});

test("a component renders again only when its answer changes", async () => {
  await page.evaluate(() => show(opening, "quiet"));
  await text("backends 0");
  const before = await page.evaluate(() => renders);
  const after = await page.evaluate(async () => {
    for (let number = 0; number < 20; number += 1) {
      await runlog.executions.start({ kind: "job", workflowId: "loud" });
    }
    await runlog.executions.count();
    return renders;
  });
  assert.equal(after, before);
});

test("what goes wrong is shown", async () => {
  await page.evaluate((id) => show(opening, "b", id), "01990000-0000-7000-8000-000000000001");
  await text("backends 0b runningnotFound ");
  await page.evaluate(() => show(module.open({ name: "no/name" }), "b"));
  await text("invalid");
  await page.evaluate(() => unmount());
});

test("on a server, hooks show the empty state", async () => {
  const { RunlogProvider, useExecutions, useOpening, useSyncStatus } = await import("../dist/react/index.js");
  const { open } = await import("../dist/index.js");
  function Runs() {
    const { data, error } = useExecutions();
    const { runlog } = useOpening();
    return createElement("p", null, String(data), String(error), String(runlog), String(useSyncStatus().data));
  }
  const opening = open({ name: "ssr" });
  await assert.rejects(opening, { name: "RunlogError", code: "unsupported" });
  for (const runlog of [undefined, opening]) {
    const html = renderToString(createElement(RunlogProvider, { runlog }, createElement(Runs)));
    assert.equal(html.replaceAll("<!-- -->", ""), "<p>undefinedundefinedundefinedundefined</p>");
  }
  assert.throws(() => renderToString(createElement(Runs)), /<RunlogProvider>/);
});
