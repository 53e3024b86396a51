// Many executions deleted and restored at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, serve, tab } from "./harness.js";

let server;
let browser;

before(async () => {
  server = await serve();
  browser = await browse();
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** A tab with a history of so many ended executions; `ids` are theirs. */
async function filled(name, count) {
  const page = await tab(browser.context, server.url, name);
  await page.evaluate(async (count) => {
    const recorder = runlog.recorder();
    globalThis.ids = Array.from({ length: count }, () => recorder.start({ kind: "job", workflowId: "many" }));
    for (const id of ids) recorder.finish(id, { outcome: "completed" });
    await recorder.flush();
    globalThis.counts = async () => [await runlog.executions.count(), await runlog.executions.count({ deleted: true })];
  }, count);
  return page;
}

test("thousands are deleted and restored, and listings are answered in between", async (t) => {
  const page = await filled("bulk", 3_000);
  const seen = await page.evaluate(async () => {
    const progress = [];
    let isDone = false;
    const began = performance.now();
    const change = runlog.executions.delete(ids, { onProgress: (count) => progress.push(count) });
    const finished = change.then(() => (isDone = true));
    const waits = [];
    while (!isDone) {
      const asked = performance.now();
      await runlog.executions.list({ limit: 10 });
      waits.push(performance.now() - asked);
    }
    await finished;
    const { done, refused } = await change;
    const took = performance.now() - began;
    const deleted = await counts();
    const restored = await runlog.executions.restore(ids);
    return { progress, waits, took, done: done.length, refused, deleted, restored: restored.done.length, left: await counts() };
  });
  assert.deepEqual([seen.done, seen.refused, seen.deleted], [3_000, [], [0, 3_000]]);
  assert.deepEqual([seen.restored, seen.left], [3_000, [3_000, 0]]);
  assert.ok(seen.waits.length > 3, `${seen.waits.length} listings were answered meanwhile`);
  assert.equal(seen.progress.at(-1), 3_000);
  const waits = seen.waits.toSorted((a, b) => a - b);
  const [median, most] = [waits[Math.floor(waits.length / 2)], waits.at(-1)].map((ms) => ms.toFixed(1));
  t.diagnostic(`${seen.progress.length} transactions in ${seen.took.toFixed(0)} ms; a listing waited ${median} ms, at most ${most} ms`);
  await page.close();
});

test("what cannot be deleted is told, and stops none of the others", async () => {
  const page = await filled("bulk-refused", 5);
  const seen = await page.evaluate(async () => {
    await runlog.executions.delete(ids[1]);
    const unknown = "018bcfe5-0000-7000-8000-000000000000";
    const { done, refused } = await runlog.executions.delete([...ids, unknown]);
    const codes = refused.map(({ id, error }) => [id === unknown ? "unknown" : ids.indexOf(id), error.code]);
    const none = await runlog.executions.delete([]);
    return { done: done.map((id) => ids.indexOf(id)), codes, none, left: await counts() };
  });
  assert.deepEqual(seen.done, [0, 2, 3, 4]);
  assert.deepEqual(seen.codes, [[1, "inTrash"], ["unknown", "notFound"]]);
  assert.deepEqual([seen.none, seen.left], [{ done: [], refused: [] }, [0, 5]]);
  await page.close();
});

test("it is stopped between two transactions, and what was done is told", async () => {
  const page = await filled("bulk-stopped", 500);
  const seen = await page.evaluate(async () => {
    const stop = new AbortController();
    const { done } = await runlog.executions.delete(ids, { signal: stop.signal, onProgress: () => stop.abort() });
    return { done: done.length, isFirst: done.every((id, at) => id === ids[at]), left: await counts() };
  });
  assert.ok(seen.done > 0 && seen.done < 500 && seen.isFirst, JSON.stringify(seen));
  assert.deepEqual(seen.left, [500 - seen.done, seen.done]);
  await page.close();
});
