// What becomes of the app where the storage of the browser is full, damaged or gone.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { damage } from "../../wasm/js/test/harness.js";
import { closeAll, device, relay } from "../../wasm/js/test/peers.js";
import { browse, historyOf, seed, serve } from "./harness.js";
import { countOf, joinByPhrase, makeVault, record, synced } from "./steps.js";
import { violations } from "./violations.js";

const RUNS = 40;
let server;
let hub;
let browser;
let page;
let session;
let native;
let vault;

before(async () => {
  server = await serve();
});

// Each test spoils the storage of its browser, and fills its vault.
beforeEach(async () => {
  [browser, hub] = [await browse(), await relay()];
  page = await browser.context.newPage();
  session = await browser.context.newCDPSession(page);
  vault = await makeVault(page, server.url, hub);
  await seed(page, RUNS);
  native = await device(vault.phrase, hub.url);
  await synced(page);
});

afterEach(async () => {
  await browser?.close();
  await closeAll();
});

after(() => server?.close());

const counted = (count) => page.getByText(`${count} runs`, { exact: true });

/** Asks the browser itself about the storage of the app. A quota stays as long as who has set it. */
const devtools = (method, params = {}) => session.send(method, { origin: server.url, ...params });

/** Starts runs with long notes, until so many are stored or there is no room; gives the error's code. */
async function fill(page, count) {
  await historyOf(page);
  return page.evaluate(async (count) => {
    const note = () => Array.from({ length: 10_000 }, () => String.fromCharCode(97 + Math.random() * 26)).join("");
    for (let started = 0; started < count; started += 20) {
      const runs = Array.from({ length: 20 }, () => globalThis.history_.executions.start({ kind: "job", workflowId: "large", note: note() }));
      try {
        await Promise.all(runs);
      } catch (error) {
        return error.code;
      }
    }
  }, count);
}

test("a damaged history is told, saved as it is, begun anew, and comes back from the relay", async () => {
  // A page of the same origin that does not have the history open.
  await page.goto(`${server.url}/icon.svg`);
  await damage(page, "runlog", 0, 4096);
  await page.goto(`${server.url}/runs`);
  await page.getByRole("heading", { name: "The history could not be opened" }).waitFor();
  assert.deepEqual(await violations(page), []);
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the damaged file" }).click();
  assert.match((await saved).suggestedFilename(), /^runlog-.*\.sqlite$/);
  await page.getByRole("button", { name: "Begin anew" }).click();
  await page.getByRole("heading", { name: "Share this history" }).waitFor();
  await joinByPhrase(page, server.url, hub, vault.phrase);
  await counted(RUNS).waitFor();
});

test("where the quota is used up the app says so, loses nothing, exports, and goes on once there is room", async () => {
  await fill(page, 500);
  const { usage } = await devtools("Storage.getUsageAndQuota");
  await devtools("Storage.overrideQuotaForOrigin", { quotaSize: usage + (1 << 20) });
  assert.equal(await fill(page, 20_000), "quota");
  await page.getByRole("link", { name: "Record", exact: true }).click();
  await record(page, "no-room.txt");
  await page.getByText("There is no space left in this browser").waitFor();
  await page.getByText("Nothing yet. What you record appears here").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Storage" }).click();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  assert.ok(statSync(await (await saved).path()).size > 4_000_000);
  await devtools("Storage.overrideQuotaForOrigin");
  await page.getByRole("link", { name: "Record", exact: true }).click();
  await page.getByRole("listitem").filter({ hasText: "Hash a file" }).waitFor();
  await synced(page);
  await native.cli("sync", "now");
  assert.equal(await countOf(native, "no-room.txt"), 1);
});

test("where there is no space even to open the history the app says so, and opens it once there is", async () => {
  let first = "";
  const own = await serve(0, { first: () => first });
  const other = await browse({ serviceWorkers: "block" });
  try {
    const second = await other.context.newPage();
    await second.goto(`${own.url}/runs`);
    await second.getByText("Nothing was recorded yet").waitFor();
    await seed(second, RUNS);
    first = `FileSystemFileHandle.prototype.createSyncAccessHandle = async () => { throw new DOMException("full", "QuotaExceededError"); };\n`;
    await second.reload();
    await second.getByText("storage quota is used up").waitFor();
    await second.getByText("Free space on the disk").waitFor();
    assert.deepEqual(await violations(second), []);
    first = "";
    await second.getByRole("button", { name: "Try again" }).click();
    await second.getByText(`${RUNS} runs`, { exact: true }).waitFor();
  } finally {
    await other.close();
    await own.close();
  }
});

test("what the browser removed meanwhile is told, and comes back from the relay", async () => {
  await page.goto(`${server.url}/icon.svg`);
  // What a browser removes to make room: all but the local storage.
  await devtools("Storage.clearDataForOrigin", { storageTypes: "file_systems,indexeddb,cache_storage,service_workers" });
  await page.goto(`${server.url}/runs`);
  await page.getByText("The browser has removed the history that was here").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByRole("link", { name: "Join the vault again" }).click();
  await page.getByRole("heading", { name: "Share this history" }).waitFor();
  await joinByPhrase(page, server.url, hub, vault.phrase);
  await counted(RUNS).waitFor();
});
