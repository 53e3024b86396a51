// Calls that go on under the next owner, though what they need is there only once.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { test } from "node:test";

import { tab } from "./harness.js";
import { home, open, record, shared } from "./homes.js";
import { relay } from "./peers.js";

/** A way to a relay on which the first POST to a path is answered by nobody; `reached` resolves once it came. */
async function swallowing(url, path) {
  const { hostname, port } = new URL(url);
  let tell;
  const reached = new Promise((resolve) => (tell = resolve));
  let isSwallowed = false;
  const server = createServer((near, answer) => {
    if (near.method === "POST" && near.url === path && !isSwallowed) {
      isSwallowed = true;
      return tell();
    }
    const headers = { ...near.headers, host: `${hostname}:${port}` };
    const far = request({ hostname, port, path: near.url, method: near.method, headers }, (response) => {
      answer.writeHead(response.statusCode, response.headers);
      response.pipe(answer);
    });
    far.on("error", () => answer.destroy());
    near.pipe(far);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, reached, close };
}

test("an account that a set-up code made is not lost with the owner that made it", async () => {
  const hub = await relay();
  const way = await swallowing(hub.url, "/v1/vaults");
  const owner = await open("set-up");
  const other = await open("set-up");
  await other.evaluate(() => runlog.vault.create({ name: "home" }));
  const adding = other.evaluate(([url, code]) => runlog.sync.addBackend({ url, code }), [way.url, hub.code]);
  await way.reached;
  await owner.close();
  const { accountToken } = await adding;
  assert.equal(typeof accountToken, "string");
  const { page, backend } = await home("set-up-again", hub.url, accountToken);
  assert.equal(backend.accountToken, null);
  for (const one of [page, other]) await one.close();
  way.close();
  await hub.close();
});

test("files that were set aside stay when the call that did it is sent again", async () => {
  const page = await tab(shared.browser.context, shared.server.url, "aside");
  await record(page, "before");
  await page.evaluate(() => runlog.close());
  const held = await page.evaluate(async () => {
    const worker = () => {
      const worker = new Worker("/worker.js", { type: "module" });
      const post = worker.postMessage.bind(worker);
      // As the next owner gets it again, after the one that carried it out has died.
      worker.postMessage = (message) => {
        post(message);
        if (message.method === "storage.rebuild") post({ ...message, number: 1_000_000 });
      };
      return worker;
    };
    const runlog = await module.open({ name: "aside", worker });
    await runlog.storage.rebuild();
    await runlog.executions.start({ kind: "job", workflowId: "after" });
    const left = await runlog.executions.count();
    await runlog.close();
    let directory = await navigator.storage.getDirectory();
    for (const part of ["runlog", "set aside", "aside"]) directory = await directory.getDirectoryHandle(part);
    const texts = [];
    for await (const handle of directory.values()) {
      if (handle.kind === "file") texts.push(await (await handle.getFile()).text());
    }
    return { left, hasBefore: texts.some((text) => text.includes("before")) };
  });
  assert.deepEqual(held, { left: 1, hasBefore: true });
  await page.close();
});
