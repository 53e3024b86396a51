// What becomes of the app where the storage of the browser is full, damaged or gone.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { closeAll, device, relay } from "../../wasm/js/test/peers.js";
import { browse, historyOf, seed, serve } from "./harness.js";
import { countOf, joinByPhrase, makeVault, recordFile, synced } from "./steps.js";
import { violations } from "./violations.js";

const RUNS = 40;
let server;
let hub;
let browser;
let page;
let native;
let vault;

before(async () => {
  [server, hub] = [await serve(), await relay()];
});

// Each test spoils the storage of its browser.
beforeEach(async () => {
  browser = await browse();
  page = await browser.context.newPage();
  if (vault) await joinByPhrase(page, server.url, hub, vault.phrase);
  else {
    vault = await makeVault(page, server.url, hub);
    await seed(page, RUNS);
    native = await device(vault.phrase, hub.url);
  }
  await synced(page);
});

afterEach(() => browser?.close());

after(async () => {
  await server?.close();
  await closeAll();
});

const counted = (count) => page.getByText(`${count} runs`, { exact: true });

/** Asks the browser itself about the storage of the app. */
async function devtools(method, params = {}) {
  const session = await browser.context.newCDPSession(page);
  const answer = await session.send(method, { origin: server.url, ...params });
  await session.detach();
  return answer;
}

/** Overwrites a part of the files of the history, which nobody may have open. */
async function damage(from, length) {
  await page.goto(`${server.url}/icon.svg`);
  await page.evaluate(
    async ([from, length]) => {
      let directory = await navigator.storage.getDirectory();
      for (const part of ["runlog", "runlog", ".opaque"]) directory = await directory.getDirectoryHandle(part);
      for await (const handle of directory.values()) {
        const { size } = await handle.getFile();
        if (size <= 4096 + from) continue;
        const file = await handle.createWritable({ keepExistingData: true });
        await file.write({ type: "write", position: 4096 + from, data: new Uint8Array(length).fill(0xa5) });
        await file.close();
      }
    },
    [from, length],
  );
}

test("a damaged history is told, saved as it is, begun anew, and comes back from the relay", async () => {
  await damage(0, 4096);
  await page.goto(`${server.url}/runs`);
  await page.getByRole("heading", { name: "The history could not be opened" }).waitFor();
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: "/tmp/wt/shots/corrupt.png" });
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the damaged file" }).click();
  assert.match((await saved).suggestedFilename(), /^runlog-.*\.sqlite$/);
  await page.getByRole("button", { name: "Begin anew" }).click();
  await page.getByRole("heading", { name: "Share this history" }).waitFor();
  await joinByPhrase(page, server.url, hub, vault.phrase);
  await counted(RUNS).waitFor();
});

test("where the quota is used up the app says so, loses nothing, exports, and goes on once there is room", async () => {
  const { usage } = await devtools("Storage.getUsageAndQuota");
  await devtools("Storage.overrideQuotaForOrigin", { quotaSize: usage + (1 << 20) });
  // Until there is no room for another page of the database.
  await historyOf(page);
  const code = await page.evaluate(async () => {
    for (;;) {
      const note = "x".repeat(10_000);
      try {
        await Promise.all(Array.from({ length: 20 }, () => globalThis.history_.executions.start({ kind: "job", workflowId: "large", note })));
      } catch (error) {
        return error.code;
      }
    }
  });
  assert.equal(code, "quota");
  await recordFile(page, server.url, "no-room.txt").catch((error) => console.log(error.message));
  console.log(await page.locator("body").innerText());
  await page.screenshot({ path: "/tmp/wt/shots/quota.png" });
  await page.goto(`${server.url}/storage`);
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  await saved.catch((error) => console.log(error.message));
  console.log(await page.locator("body").innerText());
  await page.screenshot({ path: "/tmp/wt/shots/quota-export.png" });
});

test("what the browser removed meanwhile is told, and comes back from the relay", async () => {
  await page.goto(`${server.url}/icon.svg`);
  // What a browser removes to make room: all but the local storage.
  await devtools("Storage.clearDataForOrigin", { storageTypes: "file_systems,indexeddb,cache_storage,service_workers" });
  await page.goto(`${server.url}/runs`);
  await page.getByText("The browser has removed the history that was here").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.screenshot({ path: "/tmp/wt/shots/evicted.png" });
  await page.getByRole("link", { name: "Join the vault again" }).click();
  await page.getByRole("heading", { name: "Share this history" }).waitFor();
  await joinByPhrase(page, server.url, hub, vault.phrase);
  await counted(RUNS).waitFor();
});
