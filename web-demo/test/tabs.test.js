// Several tabs, of which the one that has the database open is killed in the middle of writes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeAll, device, relay } from "../../wasm/js/test/peers.js";
import { browse, serve } from "./harness.js";
import { makeVault, synced } from "./steps.js";

let server;
let hub;
let browser;
let first;
let native;
/** How many runs all tests have recorded. */
let recorded = 0;

before(async () => {
  [server, hub, browser] = [await serve(), await relay(), await browse()];
  first = await browser.context.newPage();
  const { phrase } = await makeVault(first, server.url, hub);
  native = await device(phrase, hub.url);
});

after(async () => {
  await browser?.close();
  await server?.close();
  await closeAll();
});

/** A tab that records one run after the other by its own panel, and notes which were confirmed. */
async function busyTab(name) {
  const page = await browser.context.newPage();
  await page.goto(`${server.url}/record`);
  await page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(name) });
  await page.evaluate(() => {
    const button = [...document.querySelectorAll("button")].find((button) => button.textContent.includes("Hash and record"));
    const told = document.querySelector(".toasts");
    globalThis.confirmed = 0;
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) if ([...addedNodes].some((node) => node.textContent.includes("sha256"))) globalThis.confirmed += 1;
    }).observe(told, { childList: true });
    globalThis.working = setInterval(() => button.disabled || button.click(), 5);
  });
  return page;
}

const confirmed = (page) => page.evaluate(() => globalThis.confirmed);

/** Ends the process of a page without a word. */
async function kill(page) {
  const session = await browser.context.newCDPSession(page);
  const crashed = new Promise((resolve) => page.once("crash", resolve));
  session.send("Page.crash").catch(() => undefined);
  await crashed;
}

for (const count of [2, 5]) {
  test(`of ${count} tabs the owner is killed: what was confirmed is there, and the others go on`, async (t) => {
    const owner = first;
    const others = [];
    for (let number = 1; number < count; number += 1) others.push(await busyTab(`${count}-${number}.txt`));
    for (const page of others) await page.waitForFunction(() => globalThis.confirmed >= 3);
    await kill(owner);
    const then = await Promise.all(others.map(confirmed));
    await owner.close();
    // By themselves: nobody touches them.
    for (const [at, page] of others.entries()) await page.waitForFunction((then) => globalThis.confirmed >= then + 3, then[at]);
    for (const page of others) {
      await page.evaluate(() => clearInterval(globalThis.working));
      await page.getByRole("button", { name: "Hash and record", disabled: false }).waitFor();
    }
    const told = await Promise.all(others.map(confirmed));
    first = others[0];
    await synced(first);
    await native.cli("sync", "now");
    const there = [];
    for (let number = 1; number < count; number += 1) {
      there.push((await native.json("list", "--status", "completed", "--param", `file=${count}-${number}.txt`, "--limit", "100000")).length);
    }
    t.diagnostic(`confirmed ${told}, ${then} of them before the kill; on the other device ${there}`);
    assert.deepEqual(there, told);
    assert.ok(then.every((before, at) => before < told[at]));
    recorded += told.reduce((sum, number) => sum + number, 0);
    await first.goto(`${server.url}/runs?q=status:completed`);
    await first.getByText(`${recorded} runs`, { exact: true }).waitFor();
    for (const page of others.slice(1)) await page.close();
  });
}
