// Pictures of every page at two widths, in both colour schemes: node test/screenshots.js DIRECTORY
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { browse, seed, seedBuild, serve } from "./harness.js";

const directory = process.argv[2];
if (!directory) throw new Error("which directory?");
mkdirSync(directory, { recursive: true });

const server = await serve();
const browser = await browse();
const page = await browser.context.newPage();
await page.goto(server.url);
const shot = async (name) => {
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      await page.screenshot({ path: join(directory, `${name}-${width}-${colorScheme}.png`) });
    }
  }
};

await page.getByText("Nothing was recorded yet").waitFor();
await shot("runs-empty");
await seed(page, 400);
const first = await seedBuild(page);
const run = await seedBuild(page, { retryOf: first });
await page.getByRole("row", { name: "Release build" }).first().waitFor();
await shot("runs");
await page.goto(`${server.url}/record`);
await page.getByRole("heading", { level: 1 }).waitFor();
await shot("record");
const tabs = (process.env.TABS ?? "overview timeline logs params attempts").split(" ");
for (const tab of tabs) {
  await page.goto(`${server.url}/runs/${run}/${tab}`);
  await page.getByRole("tabpanel").waitFor();
  await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
  await shot(`run-${tab}`);
}
console.log(browser.problems.join("\n") || "no complaint");
await browser.close();
await server.close();
