// A hundred thousand runs of a native device: a page takes them in by sync, scrolling stays smooth, nothing jumps.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { closeAll, loneDevice, relay } from "../../wasm/js/test/peers.js";
import { costOfFrames } from "./frames.js";
import { browse, seed, serve } from "./harness.js";
import { app, countOf, recordFile, synced } from "./steps.js";

const RUNS = 100_000;
/** A frame above this is a stutter, in milliseconds. */
const FRAME_MAX = 50;
/** How long a step with all runs may take, in milliseconds. */
const STEP_MS_MAX = 240_000;

let directory;
let hub;
let native;
let browser;
let page;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), "runlog-copy-"));
  hub = await relay("--web", app);
  native = loneDevice();
  browser = await browse();
  page = await browser.context.newPage();
});

after(async () => {
  await browser?.close();
  await closeAll();
  rmSync(directory, { recursive: true, force: true });
});

/** Says how long it takes. */
async function timed(t, what, work) {
  const begun = Date.now();
  const done = await work();
  t.diagnostic(`${what}: ${((Date.now() - begun) / 1_000).toFixed(1)} s`);
  return done;
}

/** A copy of a history of that many runs, recorded and exported in a browser that is gone then. */
async function copyOf(count) {
  const [server, other] = [await serve(), await browse()];
  try {
    const first = await other.context.newPage();
    await first.goto(`${server.url}/runs`);
    await first.getByText("Nothing was recorded yet").waitFor();
    await seed(first, count, { batch: 5_000 });
    await first.goto(`${server.url}/storage`);
    const saved = first.waitForEvent("download", { timeout: 60_000 });
    await first.getByRole("button", { name: "Export" }).click();
    const copy = join(directory, "history.db");
    await (await saved).saveAs(copy);
    return copy;
  } finally {
    await other.close();
    await server.close();
  }
}

/** How many runs the native device has, with what is wrong with its history. */
async function natively() {
  const { executions, findings } = await native.json("doctor");
  return { count: executions.live, findings };
}

test("a native device takes in a copy of them from a browser, and hands them to the relay", async (t) => {
  const copy = await timed(t, `recording ${RUNS} runs in a browser and exporting them`, () => copyOf(RUNS));
  t.diagnostic(`the copy has ${statSync(copy).size} bytes`);
  await timed(t, "restoring it natively", () => native.cli("restore-backup", copy));
  assert.deepEqual(await natively(), { count: RUNS, findings: [] });
  await native.cli("vault", "init", "--yes", "--keep", "file");
  await native.withInput(hub.code, "backend", "add", hub.url, "--account-file", "-");
  await timed(t, "the first sync to the relay", () => native.cli("sync", "now"));
});

test("a page joins by a code of the native device, and takes all of them in by sync", async (t) => {
  const { code } = await native.json("device", "pair");
  await page.goto(`${hub.url}/start`);
  await page.getByRole("button", { name: /pairing code/ }).click();
  await page.getByLabel("Code").fill(code);
  await timed(t, "the first sync of the page", async () => {
    await page.getByRole("button", { name: "Join", exact: true }).click();
    await page.getByText("100,000 runs").waitFor({ timeout: STEP_MS_MAX });
    await page.getByRole("link", { name: "State of syncing: Synced" }).waitFor({ timeout: STEP_MS_MAX });
  });
});

/** Adds up what jumps from now on. */
const watchShift = () =>
  page.evaluate(() => {
    globalThis.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: false });
  });

/** Goes through the list by the wheel, back, and far and wide by the bar at the side. */
async function scroll() {
  for (let step = 0; step < 240; step += 1) await page.mouse.wheel(0, step < 200 ? 700 : -1_400);
  await page.evaluate(async () => {
    const scroller = document.querySelector("[role=grid]");
    for (let step = 0; step < 200; step += 1) {
      scroller.scrollTop = ((step * 7_919) % 200) * (scroller.scrollHeight / 200);
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }
  });
}

test("a frame that is held up by a script is noticed", async () => {
  const frames = await costOfFrames(page, () =>
    page.evaluate(async () => {
      for (let frame = 0; frame < 5; frame += 1) {
        await new Promise(requestAnimationFrame);
        // Even where four others want the processor, this is a stutter.
        const end = performance.now() + 200;
        while (performance.now() < end) Math.sqrt(end);
      }
    }),
  );
  assert.ok(frames.filter((ms) => ms > FRAME_MAX).length >= 3, `${frames}`);
});

test("scrolling is smooth and nothing jumps", async (t) => {
  const opened = Date.now();
  await page.goto(`${hub.url}/runs`);
  await page.getByText("100,000 runs").waitFor();
  await page.locator('[aria-rowindex="6"] a').waitFor();
  t.diagnostic(`the page shows ${RUNS} runs after ${Date.now() - opened} ms`);
  await page.mouse.move(600, 600);
  await watchShift();
  const frames = await costOfFrames(page, scroll);
  const shift = await page.evaluate(() => globalThis.shift);
  const slow = frames.filter((ms) => ms > FRAME_MAX).length / frames.length;
  const sorted = frames.toSorted((a, b) => a - b);
  t.diagnostic(`${frames.length} frames, median ${sorted[frames.length >> 1].toFixed(1)} ms, longest ${sorted.at(-1).toFixed(1)} ms`);
  t.diagnostic(`above ${FRAME_MAX} ms: ${(slow * 100).toFixed(2)} %; layout shift ${shift.toFixed(4)}`);
  assert.ok(frames.length > 300, `${frames.length} frames are too few to tell`);
  assert.ok(shift <= 0.02, `what jumped adds up to ${shift}`);
  assert.ok(slow < 0.01, `of the frames ${slow} took more than ${FRAME_MAX} ms`);
});

test("the last run is reached by a key, and the list ends there", async () => {
  await page.getByRole("grid", { name: "Runs" }).focus();
  await page.keyboard.press("End");
  await page.locator(`[aria-rowindex="${RUNS + 1}"] a`).waitFor();
  await page.keyboard.press("Home");
  await page.locator('[aria-rowindex="2"] a').waitFor();
});

test("loading a page makes nothing jump", async (t) => {
  for (const path of ["/runs", "/record"]) {
    await page.goto(hub.url + path);
    const shift = await page.evaluate(
      () =>
        new Promise((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += entry.value;
          }).observe({ type: "layout-shift", buffered: true });
          const end = () => (document.querySelector(".chart td, .recent p, .recent li") ? requestIdleCallback(() => resolve(sum)) : requestIdleCallback(end));
          end();
        }),
    );
    t.diagnostic(`${path}: ${shift.toFixed(4)}`);
    assert.ok(shift <= 0.02, `${path}: ${shift}`);
  }
});

test("what the page and the native device record reaches the other, and both hold the same", async (t) => {
  await native.cli("run", "--workflow", "natively", "--", "true");
  await native.cli("sync", "now");
  await recordFile(page, hub.url, "among-many.txt");
  await page.goto(`${hub.url}/runs`);
  await page.getByText("100,002 runs").waitFor();
  await page.getByRole("link", { name: "natively" }).waitFor();
  await synced(page);
  await native.cli("sync", "now");
  assert.deepEqual(await natively(), { count: RUNS + 2, findings: [] });
  assert.equal(await countOf(native, "among-many.txt"), 1);
  // Sums over all values, by table: of the relay, of the native device and of the page.
  await timed(t, "the native device compares", () => native.cli("sync", "verify"));
  await page.goto(`${hub.url}/sync`);
  await timed(t, "the page compares", async () => {
    await page.getByRole("button", { name: "Compare and repair" }).click();
    await page.getByText("Synced.", { exact: true }).waitFor({ timeout: STEP_MS_MAX });
  });
  assert.deepEqual(browser.problems, []);
});
