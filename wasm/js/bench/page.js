// What is measured in the page, through the public API alone.
import { open } from "/index.js";
import { median, percentile, spread } from "/bench/figures.js";

const EXECUTIONS = 20_000;
const ROUNDS = 5;
/** Executions in a transaction, on both sides: each is two operations of a recorder. */
const BATCH = 500;
/** Executions that are deleted and restored at once. */
const CHANGED = 5_000;

const { say } = globalThis;
const ms = (value) => `${value.toFixed(2)} ms`;

function execution(number) {
  return {
    kind: "job",
    workflowId: `workflow-${number % 50}`,
    params: { env: number % 2 ? "prod" : "test", region: `r${number % 9}`, size: String(number % 1000) },
  };
}

function record(runlog, count) {
  const recorder = runlog.recorder({ operationsMax: 2 * BATCH });
  for (let number = 0; number < count; number += 1) {
    const id = recorder.start(execution(number));
    recorder.finish(id, { outcome: number % 10 ? "completed" : "failed" });
  }
  return recorder.flush({ durable: true });
}

async function filled(name, count) {
  const runlog = await open({ name, storage: "opfs" });
  if ((await runlog.executions.count()) === 0) await record(runlog, count);
  return runlog;
}

/** The rate at which executions are recorded against that of the official package. */
export async function recording() {
  const empty = await open({ name: "empty", storage: "opfs" });
  const source = await filled("source", EXECUTIONS);
  const bytes = async (runlog) => (await runlog.storage.export()).arrayBuffer();
  const worker = new Worker("/bench/plain.js", { type: "module" });
  const ask = (call, args) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => ("failed" in data ? reject(new Error(data.failed)) : resolve(data.done));
      worker.postMessage({ call, args });
    });
  const plain = await ask("prepare", { empty: await bytes(empty), filled: await bytes(source) });
  await Promise.all([empty.close(), source.close()]);
  await say(`recording  ${EXECUTIONS} executions started and finished, 3 params each, ${BATCH} in a transaction; SQLite ${plain.version}`);
  const ratios = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const runlog = await open({ name: `round-${round}`, storage: "opfs" });
    const begun = performance.now();
    await record(runlog, EXECUTIONS);
    const ours = performance.now() - begun;
    if ((await runlog.executions.count()) !== EXECUTIONS) throw new Error("not all were recorded");
    await runlog.close();
    const theirs = await ask("record", { batch: BATCH });
    if (theirs.count !== EXECUTIONS) throw new Error("not all were inserted");
    if (round === 0) continue; // Compiles the code.
    ratios.push(theirs.took / ours);
    const rate = (took) => `${Math.round(EXECUTIONS / took)} k/s`;
    await say(`recording  round ${round}: ${rate(ours)} against ${rate(theirs.took)}, ratio ${(theirs.took / ours).toFixed(2)}`);
  }
  worker.terminate();
  await say(`recording  ratio ${median(ratios).toFixed(2)} (${spread(ratios)}), at least 0.7 ${median(ratios) >= 0.7 ? "holds" : "MISSED"}`);
}

/** Lists the newest 50, a thousand times in turns. */
export async function listing() {
  const [large, small] = [await filled("large", 100_000), await filled("small", 1_000)];
  const times = { large: [], small: [] };
  for (let round = 0; round < 1_000; round += 1) {
    for (const [name, runlog] of Object.entries({ large, small })) {
      const begun = performance.now();
      const { executions } = await runlog.executions.list();
      times[name].push(performance.now() - begun);
      if (executions.length !== 50) throw new Error("not 50");
    }
  }
  const [middle, worst] = [median(times.large), percentile(times.large, 0.99)];
  const ratio = middle / median(times.small);
  await say(`listing  newest 50 of 100,000: median ${ms(middle)}, p99 ${ms(worst)}; of 1,000: median ${ms(median(times.small))}, p99 ${ms(percentile(times.small, 0.99))}`);
  const holds = middle <= 3 && worst <= 16 && ratio <= 2;
  await say(`listing  median at most 3 ms, p99 at most 16 ms, ratio ${ratio.toFixed(2)} at most 2: ${holds ? "holds" : "MISSED"}`);
  await Promise.all([large.close(), small.close()]);
}

/** How long a listing takes beside a bulk delete of some of 100,000, and beside their restore. */
export async function bulk() {
  const runlog = await filled("large", 100_000);
  const ids = [];
  for (let after; ids.length < CHANGED; ) {
    const page = await runlog.executions.list({ limit: 1_000, ...(after && { after }) });
    ids.push(...page.executions.map(({ id }) => id));
    after = page.next;
  }
  for (const change of ["delete", "restore"]) {
    const { took, waits } = await listedDuring(runlog, runlog.executions[change](ids));
    await say(`bulk  newest 50 of 100,000 beside the ${change} of ${CHANGED}: median ${ms(median(waits))}, p99 ${ms(percentile(waits, 0.99))}, most ${ms(Math.max(...waits))} of ${waits.length}; it took ${(took / 1_000).toFixed(1)} s`);
  }
  if ((await runlog.executions.count()) !== 100_000) throw new Error("not all were restored");
  await runlog.close();
}

/** What the work gives, with how long it took, and how long each listing meanwhile, in milliseconds. */
async function listedDuring(runlog, work) {
  const waits = [];
  const begun = performance.now();
  let took;
  const done = work.finally(() => (took = performance.now() - begun));
  while (took === undefined) {
    const asked = performance.now();
    await runlog.executions.list();
    waits.push(performance.now() - asked);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { given: await done, took, waits };
}

/** Records executions with lines, makes a vault of the history and hands it to a relay; gives the phrase. */
export async function share(url, code, executions, lines) {
  const runlog = await open({ name: "shared", storage: "opfs" });
  const recorder = runlog.recorder();
  for (let number = 0; number < executions; number += 1) {
    const id = recorder.start(execution(number));
    for (let line = 0; line < lines; line += 1) {
      recorder.append(id, `line ${line} of execution ${number}: copied 42 files to /srv/data/part-${number % 97} in ${number % 13} s`);
    }
    recorder.finish(id, { outcome: "completed" });
    if (number % BATCH === 0) await recorder.flush();
  }
  await recorder.flush();
  const { phrase } = await runlog.vault.create({ name: "bench", keep: { in: "memory" } });
  await runlog.sync.addBackend({ url, code });
  if (!(await runlog.sync.run()).isComplete) throw new Error("not all was handed over");
  await runlog.close();
  return phrase;
}

/** The first sync into an empty history, and how long listings took meanwhile, in milliseconds. */
export async function firstSync(name, phrase, url, executions) {
  const runlog = await open({ name, storage: "opfs" });
  await runlog.vault.join({ phrase, keep: { in: "memory" } });
  await runlog.sync.addBackend({ url });
  const { given, took, waits } = await listedDuring(runlog, runlog.sync.run());
  if (!given.isComplete || (await runlog.executions.count()) !== executions) throw new Error("not all came");
  await runlog.close();
  return { took, waits };
}

/** From the instantiated module to the first list, of a large history and an empty one. */
export async function opening() {
  await (await filled("large", 100_000)).close();
  await (await open({ name: "none", storage: "opfs" })).close();
  const times = { large: [], none: [] };
  for (let round = 0; round <= 25; round += 1) {
    for (const name of ["large", "none"]) {
      const took = await openIn(new Worker("/bench/opening.js", { type: "module" }), name);
      if (round > 0) times[name].push(took);
    }
  }
  const [large, none] = Object.values(times).map((of) => median(of.map(({ listed }) => listed)));
  const opened = Object.entries(times).map(([name, of]) => `${name} ${ms(median(of.map(({ opened }) => opened)))}`);
  await say(`opening  first list after the module: of 100,000 ${ms(large)}, of none ${ms(none)}; of that opening: ${opened.join(", ")}`);
  await say(`opening  ratio ${(large / none).toFixed(2)}, at most 1.5 ${large / none <= 1.5 ? "holds" : "MISSED"}`);
}

function openIn(worker, name) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if ("failed" in data) reject(new Error(data.failed));
      else resolve(data);
    };
    worker.postMessage(name);
  });
}
