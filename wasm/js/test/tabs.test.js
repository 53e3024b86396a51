import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, serve, tab } from "./harness.js";

let server;
let browser;
const open = (name, options) => tab(browser.context, server.url, name, options);

before(async () => {
  server = await serve();
  browser = await browse();
});

after(async () => {
  await browser?.close();
  server?.close();
});

test("a run is recorded, listed and read", async () => {
  const page = await open("record");
  const seen = await page.evaluate(async () => {
    const recorder = runlog.recorder();
    const id = recorder.start({ kind: "job", workflowId: "nightly", params: { env: "prod" }, tags: ["noisy"] });
    recorder.append(id, "one", { text: "two", stream: "stderr", level: "error" });
    recorder.finish(id, { outcome: "failed" });
    await recorder.flush({ durable: true });
    const { executions } = await runlog.executions.list({ filter: { tag: "noisy" } });
    const log = await runlog.logs.read(id, { level: "error" });
    const run = await runlog.executions.get(executions[0].shortId);
    return { kind: runlog.storage.kind, id, executions, log, run };
  });
  assert.equal(seen.kind, "opfs");
  assert.equal(seen.executions[0].id, seen.id);
  assert.equal(seen.executions[0].status, "failed");
  assert.deepEqual(seen.run.params, { env: "prod" });
  assert.deepEqual(seen.log.entries.map((entry) => entry.text), ["two"]);
  await page.close();
});

test("what is stored is there after a reload", async () => {
  const page = await open("reload");
  const id = await page.evaluate(() => runlog.executions.start({ kind: "job", workflowId: "x" }));
  await page.close();
  const again = await open("reload");
  assert.equal(await again.evaluate((id) => runlog.executions.get(id).then((run) => run.id), id), id);
  await again.close();
});

test("errors have codes", async () => {
  const page = await open("errors");
  const codes = await page.evaluate(async () => {
    const id = await runlog.executions.start({ kind: "job", workflowId: "x" });
    const code = (promise) => promise.then(() => "none", (error) => `${error.name}.${error.code}`);
    return Promise.all([
      code(runlog.executions.start({ id, kind: "job", workflowId: "x" })),
      code(runlog.executions.tag("01990000-0000-7000-8000-000000000001", "x")),
      code(runlog.executions.list({ limit: "many" })),
      code(module.open({ name: "../up" })),
    ]);
  });
  const expected = ["exists", "notFound", "invalid", "invalid"].map((code) => `RunlogError.${code}`);
  assert.deepEqual(codes, expected);
  await page.close();
});

test("a second tab shares the history, and sees changes", async () => {
  const [first, second] = [await open("share"), await open("share")];
  const seen = second.evaluate(async () => {
    for await (const page of runlog.live({ filter: { workflowId: "live" } })) {
      if (page.executions[0]?.status === "completed") return page.executions[0].note;
    }
  });
  await first.evaluate(async () => {
    const id = await runlog.executions.start({ kind: "job", workflowId: "live", note: "from the first" });
    await runlog.executions.finish(id, { outcome: "completed" });
  });
  assert.equal(await seen, "from the first");
  await Promise.all([first.close(), second.close()]);
});

// The owner is closed while the others write: each of their calls is answered, and has one effect.
test("another tab takes over, and nothing is lost or done twice", async () => {
  const pages = [];
  for (let number = 0; number < 4; number += 1) pages.push(await open("takeover"));
  const id = await pages[0].evaluate(() => runlog.executions.start({ kind: "job", workflowId: "x" }));
  const writing = pages.slice(1).map((page, number) =>
    page.evaluate(
      async ([id, number]) => {
        globalThis.done = 0;
        const lines = [];
        for (let line = 0; line < 200; line += 1) {
          lines.push(runlog.logs.append(id, `${number}:${line}`).then(() => (globalThis.done += 1)));
          if (line % 10 === 9) await Promise.race(lines.slice(-1));
        }
        await Promise.all(lines);
        return lines.length;
      },
      [id, number],
    ),
  );
  await pages[1].waitForFunction(() => globalThis.done > 50);
  await pages[0].close();
  assert.deepEqual(await Promise.all(writing), [200, 200, 200]);
  const texts = await pages[3].evaluate(async (id) => {
    const { entries } = await runlog.logs.read(id, { limit: 10_000 });
    return entries.map((entry) => entry.text);
  }, id);
  assert.equal(texts.length, 600);
  assert.equal(new Set(texts).size, 600);
  for (const number of [0, 1, 2]) {
    const own = texts.filter((text) => text.startsWith(`${number}:`)).map((text) => Number(text.slice(2)));
    assert.deepEqual(own, [...own].sort((a, b) => a - b), "in the order in which a tab wrote them");
  }
  await Promise.all(pages.slice(1).map((page) => page.close()));
});

/** What becomes of a history where the worker's OPFS is spoilt by a script. */
async function spoilt(script, storage) {
  const page = await browser.context.newPage();
  await page.goto(server.url);
  const seen = await page.evaluate(
    async ([script, storage]) => {
      const { open } = await import("/index.js");
      const worker = () => new Worker(`/worker.js?first=${encodeURIComponent(script)}`, { type: "module" });
      try {
        const runlog = await open({ name: "nowhere", worker, storage });
        await runlog.executions.start({ kind: "job", workflowId: "x" });
        return { kind: runlog.storage.kind, code: runlog.storage.reason?.code, count: await runlog.executions.count() };
      } catch (error) {
        return { code: error.code };
      }
    },
    [script, storage],
  );
  await page.close();
  return seen;
}

const throwing = (name) => `StorageManager.prototype.getDirectory = async () => { throw new DOMException("no", "${name}"); };`;

for (const [what, script, code] of [
  ["is missing", "delete FileSystemFileHandle.prototype.createSyncAccessHandle;", "opfs_not_supported"],
  ["is forbidden", throwing("SecurityError"), "opfs_denied"],
  ["fails for any other reason", throwing("UnknownError"), "opfs_denied"],
]) {
  test(`memory is used where OPFS ${what}, and says why; who asked for OPFS is refused`, async () => {
    assert.deepEqual(await spoilt(script, "auto"), { kind: "memory", code, count: 1 });
    const { kind, code: refused } = await spoilt(script, "opfs");
    assert.equal(kind, undefined);
    assert.match(refused, /^opfs_/);
  });
}
