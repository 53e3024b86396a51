// What the frames of a page cost its main thread, in time of the processor: what a frame waits while other
// processes have it is not the page's.

const CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline"];

/** Does `work` while the page asks for every frame; gives what each took, in milliseconds. */
export async function costOfFrames(page, work) {
  const browser = page.context().browser();
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.evaluate(() => {
    globalThis.isAsking = true;
    const ask = () => globalThis.isAsking && requestAnimationFrame(ask);
    ask();
  });
  await work();
  await page.evaluate(() => (globalThis.isAsking = false));
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  return perFrame(traceEvents);
}

/** A frame begins with the task in which its callbacks are called, and goes on until the next one does. */
function perFrame(events) {
  const begun = events.filter(({ name }) => name === "FireAnimationFrame").sort((a, b) => a.ts - b.ts);
  const isOfPage = ({ name, pid, tid }) => name === "RunTask" && pid === begun[0].pid && tid === begun[0].tid;
  const tasks = events.filter(isOfPage).sort((a, b) => a.ts - b.ts);
  const frames = [];
  let next = 0;
  // Of a task that was cut off only the time that passed is known, of the last one not even that.
  for (const { ts, dur = 0, tdur = dur } of tasks) {
    while (next < begun.length && begun[next].ts < ts) next += 1;
    if (next < begun.length && begun[next].ts < ts + dur) frames.push(0);
    if (frames.length > 0) frames[frames.length - 1] += tdur / 1_000;
  }
  return frames;
}
