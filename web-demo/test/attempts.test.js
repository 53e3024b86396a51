// A run that repeats others: all of them are found, whatever was recorded in between.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browse, historyOf, serve } from "./harness.js";

/** More than one page of a listing holds. */
const BETWEEN = 1_100;

let server;
let browser;
let page;
let ids;

before(async () => {
  server = await serve();
  browser = await browse();
  page = await browser.context.newPage();
  await page.goto(`${server.url}/runs`);
  await page.getByText("Nothing was recorded yet").waitFor();
  await historyOf(page);
  ids = await page.evaluate(record, BETWEEN);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** In the page: a run, many others of its workflow, a repetition of it, and one of another workflow of that. */
async function record(between) {
  const recorder = globalThis.history_.recorder({ operationsMax: between + 3 });
  const first = recorder.start({ kind: "job", workflowId: "flaky", note: "first" });
  for (let number = 0; number < between; number += 1) recorder.start({ kind: "job", workflowId: "flaky" });
  // What a run repeats is older, and a millisecond is what tells them apart.
  const createdAt = Date.now();
  while (Date.now() === createdAt);
  const second = recorder.start({ kind: "job", workflowId: "flaky", retryOf: first });
  while (Date.now() <= createdAt + 1);
  const third = recorder.start({ kind: "job", workflowId: "flaky-by-hand", retryOf: second });
  await recorder.flush();
  return [first, second, third];
}

/** The short ids that the tab shows, the first attempt first, and which of them is this one. */
async function shown(id) {
  await page.goto(`${server.url}/runs/${id}/attempts`);
  const table = page.getByRole("table", { name: "Attempts, the first one first" });
  await table.waitFor();
  const current = await table.locator("[aria-current=true] code").textContent();
  return { attempts: await table.locator("tbody code").allTextContents(), current };
}

test("from each attempt all are found, whatever lies between them", async () => {
  const attempts = ids.map((id) => id.slice(-8));
  for (const id of ids) assert.deepEqual(await shown(id), { attempts, current: id.slice(-8) });
});

test("a run that is repeated while it is looked at shows the new attempt", async () => {
  await shown(ids[2]);
  await historyOf(page);
  const fourth = await page.evaluate(async (retryOf) => {
    const recorder = globalThis.history_.recorder();
    const id = recorder.start({ kind: "job", workflowId: "flaky", retryOf });
    await recorder.flush();
    return id;
  }, ids[2]);
  await page.getByRole("link", { name: fourth.slice(-8) }).waitFor();
  assert.equal(await page.locator(".attempts tbody tr").count(), 4);
});

test("a run that nothing repeats is the only attempt", async () => {
  await historyOf(page);
  const alone = await page.evaluate(async () => {
    const { executions } = await globalThis.history_.executions.list({ filter: { workflowId: "flaky" }, limit: 3 });
    return executions.at(-1).id;
  });
  await page.goto(`${server.url}/runs/${alone}/attempts`);
  await page.getByRole("heading", { name: "The only attempt" }).waitFor();
  assert.deepEqual(browser.problems, []);
});
