// What axe finds wrong with a page, by the rules of WCAG 2.2 AA and good practice.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The script of axe. */
export const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** The sets of rules that hold. */
export const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Each violation in a form that reads in a failed test. */
export async function violations(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) {
    // The policy admits no inline script: axe comes in from outside of the page.
    const session = await page.context().newCDPSession(page);
    await session.send("Runtime.evaluate", { expression: axe });
    await session.detach();
  }
  const found = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: "tag", values } }), RULES);
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(" | ")}`);
}
