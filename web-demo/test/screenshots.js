// Pictures of every page at two widths, in both colour schemes: node test/screenshots.js DIRECTORY [NAME …]
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { device, relay } from "../../wasm/js/test/peers.js";
import { browse, historyOf, seed, seedBuild, serve } from "./harness.js";

const [directory, ...names] = process.argv.slice(2);
if (!directory) throw new Error("which directory?");
mkdirSync(directory, { recursive: true });

const server = await serve();
const hub = await relay();
const browser = await browse();
const page = await browser.context.newPage();

/** Takes the pictures of what is shown now. */
async function shot(name) {
  if (names.length > 0 && !names.some((wanted) => name.startsWith(wanted))) return;
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      await page.screenshot({ path: join(directory, `${name}-${width}-${colorScheme}.png`) });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

const visit = async (path, there) => {
  await page.goto(server.url + path);
  await there.first().waitFor();
};
const heading = (name) => page.getByRole("heading", { name });

await visit("/runs", page.getByText("Nothing was recorded yet"));
await shot("runs-empty");
await visit("/sync", heading("This history is in this browser alone"));
await shot("sync-none");
await visit("/start", heading("Share this history"));
await shot("start");
await page.getByRole("button", { name: /Create a new vault/ }).click();
await shot("start-create");
await page.getByRole("button", { name: "Create the vault" }).click();
const words = page.getByRole("list", { name: "Recovery phrase" });
await words.waitFor();
const phrase = (await words.locator("code").allTextContents()).join(" ");
await shot("start-phrase");
await page.getByRole("button", { name: "I have written" }).click();
await shot("start-check");
await visit("/sync", heading("Not synced with anything"));
await page.getByRole("button", { name: "Add a relay" }).click();
await shot("sync-add");
await page.getByLabel("Address").fill(hub.url);
await page.getByLabel(/Set-up code/).fill(hub.code);
await page.getByRole("button", { name: "Add and sync" }).click();
await page.getByRole("button", { name: "Go on" }).click();

await historyOf(page);
await seed(page, 400);
const first = await seedBuild(page);
const run = await seedBuild(page, { retryOf: first });
await page.evaluate(() => globalThis.history_.sync.run());
const native = await device(phrase, hub.url);
await native.cli("sync", "now");
await native.cli("note", run, "Looked at on the laptop: the registry was down.");
await native.cli("tag", run, "incident");
await native.cli("sync", "now");

await visit("/runs", page.getByRole("row", { name: "Release build" }));
await shot("runs");
await page.getByRole("searchbox").focus();
await shot("runs-search");
await visit("/runs?q=workflow:nothing", heading("No run matches"));
await shot("runs-none");
await visit("/record", heading("Hash a file"));
await shot("record");
await visit(`/runs/${run}`, page.getByText("the registry was down"));
await shot("run-overview");
for (const [tab, there] of [
  ["timeline", page.getByRole("row", { name: /upload/ })],
  ["logs", page.getByRole("link", { name: "Line 1", exact: true })],
  ["params", page.getByRole("cell", { name: "2.4.0" })],
  ["attempts", page.getByText("(this one)")],
  ["history", page.getByText("note became")],
  ["sync", page.getByText("Synced").last()],
]) {
  await visit(`/runs/${run}/${tab}`, there);
  if (tab === "history") await page.getByText("note became").click();
  await shot(`run-${tab}`);
}
await visit("/sync", page.getByRole("heading", { name: "Everything is synced", exact: true }));
await shot("sync");
await visit("/sync/history", page.getByRole("row").nth(1));
await shot("sync-history");
await page.getByRole("row").nth(1).getByRole("button").click();
await page.getByText("Triggered by").waitFor();
await shot("sync-detail");
await visit("/sync/stats", page.getByText("Success", { exact: true }));
await shot("sync-stats");
await visit("/sync/devices", page.getByText("(this browser)"));
await shot("sync-devices");
await visit("/storage", heading("Integrity"));
await page.getByRole("button", { name: "Check now" }).click();
await page.getByText("No damage").waitFor();
await shot("storage");
await hub.kill();
await visit("/sync", page.getByRole("button", { name: "Sync now" }));
await page.getByRole("button", { name: "Sync now" }).click();
await page.getByText(/failed/i).first().waitFor();
await shot("sync-failed");
await visit("/runs/ffffffff", heading("There is no such run here"));
await shot("run-missing");

console.log(browser.problems.join("\n") || "no complaint");
native.close();
await browser.close();
await hub.close();
await server.close();
