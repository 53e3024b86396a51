// Draws the icons for installing from public/icon.svg: node test/icons.js
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { browse } from "./harness.js";

const folder = new URL("../public/", import.meta.url);
const svg = readFileSync(new URL("icon.svg", folder), "utf8");
const browser = await browse();
const page = await browser.context.newPage();
for (const size of [192, 512]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px;background:#1d5fd1}</style>${svg}`);
  await page.screenshot({ path: fileURLToPath(new URL(`icon-${size}.png`, folder)) });
}
await browser.close();
