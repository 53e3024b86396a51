// The first sync of an empty page against that of a native device, of the same vault through the same relay.
import { device, relay } from "../test/peers.js";
import { median, percentile, spread } from "./figures.js";

const EXECUTIONS = 20_000;
const LINES = 10;
const ROUNDS = 3;

export async function syncing(page) {
  const there = await relay("--quota-bytes", String(8 * 2 ** 30));
  const phrase = await page.evaluate(
    async ([url, code, executions, lines]) => (await import("/bench/page.js")).share(url, code, executions, lines),
    [there.url, there.code, EXECUTIONS, LINES],
  );
  const ratios = [];
  const waits = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const native = await device(phrase, there.url);
    const begun = performance.now();
    await native.cli("sync", "now");
    const theirs = performance.now() - begun;
    await native.close();
    const name = `synced-${round}`;
    const args = [name, phrase, there.url, EXECUTIONS];
    const ours = await page.evaluate(async (args) => (await import("/bench/page.js")).firstSync(...args), args);
    ratios.push(theirs / ours.took);
    waits.push(...ours.waits);
    const rate = (took) => `${((EXECUTIONS / took) * 1_000).toFixed(0)}/s`;
    console.log(`syncing  round ${round + 1}: page ${rate(ours.took)}, native ${rate(theirs)}, ratio ${(theirs / ours.took).toFixed(2)}`);
  }
  await there.close();
  const ratio = median(ratios);
  console.log(`syncing  first sync of ${EXECUTIONS} executions with ${LINES} lines each, of the native rate: ${ratio.toFixed(2)} (${spread(ratios)}), at least 0.2 ${ratio >= 0.2 ? "holds" : "MISSED"}`);
  const worst = percentile(waits, 0.99);
  console.log(`syncing  newest 50 meanwhile: median ${median(waits).toFixed(1)} ms, p99 ${worst.toFixed(1)} ms of ${waits.length}, at most 50 ms ${worst <= 50 ? "holds" : "MISSED"}`);
}
