// An order of functions in which those of similar code lie together, so that it compresses better.
//
// Recursive bisection as in Dhulipala and others, "Compressing Graphs and Indexes with Recursive Graph
// Bisection" (2016), which linkers use for the layout of functions. Functions are linked by the short runs
// of bytes that they share; a set of them is halved so that as few runs as can be occur in both halves.

/** The length of the runs that are compared, in bytes. */
const RUN_BYTES = 4;
/** Sets of no more functions stay in the order that they came in. */
const SMALLEST = 16;
/** How often the halves of a set exchange functions at most. */
const ROUNDS = 12;

/** The indices of the given codes in their new order. */
export function bySimilarity(codes) {
  const bisection = new Bisection(sharedRuns(codes));
  return bisection.order(codes.map((_, index) => index));
}

/** Of each code the runs that another one has too, as numbers from 0. */
function sharedRuns(codes) {
  const runs = codes.map((code) => {
    const found = new Set();
    for (let at = 0; at + RUN_BYTES <= code.length; at++) found.add(code.readUInt32LE(at));
    return found;
  });
  const holders = new Map();
  for (const run of runs.flatMap((found) => [...found])) holders.set(run, (holders.get(run) ?? 0) + 1);
  const numbers = new Map([...holders].filter(([, count]) => count > 1).map(([run], number) => [run, number]));
  return runs.map((found) => Uint32Array.from([...found].filter((run) => numbers.has(run)), (run) => numbers.get(run)));
}

class Bisection {
  constructor(runs) {
    this.runs = runs;
    const count = 1 + runs.reduce((most, numbers) => numbers.reduce((one, other) => Math.max(one, other), most), -1);
    // How many functions of each half have a run, and what is gained when one of them changes sides.
    this.held = [new Int32Array(count), new Int32Array(count)];
    this.gains = [new Float64Array(count), new Float64Array(count)];
    this.costs = Float64Array.from({ length: runs.length + 2 }, (_, held) => -held * Math.log2(held + 1));
  }

  order(functions) {
    if (functions.length <= SMALLEST) return functions;
    const middle = functions.length >> 1;
    let halves = [functions.slice(0, middle), functions.slice(middle)];
    for (let round = 0; round < ROUNDS; round++) {
      const exchanged = this.exchange(halves);
      if (!exchanged) break;
      halves = exchanged;
    }
    return halves.flatMap((half) => this.order(half));
  }

  /** The halves after those pairs changed sides that gain by it, or nothing if no pair does. */
  exchange(halves) {
    const [left, right] = this.byGain(halves);
    const most = Math.min(left.length, right.length);
    let pairs = 0;
    while (pairs < most && left[pairs].gain + right[pairs].gain > 0) pairs++;
    if (pairs === 0) return undefined;
    const moved = [left, right].map((half) => half.slice(0, pairs).map(({ index }) => index));
    const leaving = new Set(moved.flat());
    return halves.map((half, side) => [...half.filter((index) => !leaving.has(index)), ...moved[1 - side]]);
  }

  /** The functions of each half by what is gained when they change sides, the most first. */
  byGain(halves) {
    const met = this.count(halves);
    this.weigh(met, 0, 1);
    this.weigh(met, 1, 0);
    for (const held of this.held) for (const run of met) held[run] = 0;
    return halves.map((half, side) => {
      const weighed = half.map((index) => ({ index, gain: this.gain(index, side) }));
      return weighed.sort((one, other) => other.gain - one.gain);
    });
  }

  gain(index, side) {
    const gains = this.gains[side];
    let sum = 0;
    for (const run of this.runs[index]) sum += gains[run];
    return sum;
  }

  /** Counts how many functions of each half have a run, and answers with the runs that any has. */
  count(halves) {
    const met = [];
    halves.forEach((half, side) => {
      for (const index of half) {
        for (const run of this.runs[index]) {
          if (this.held[0][run] + this.held[1][run] === 0) met.push(run);
          this.held[side][run]++;
        }
      }
    });
    return met;
  }

  weigh(met, from, to) {
    const [here, there, gains] = [this.held[from], this.held[to], this.gains[from]];
    for (const run of met) {
      if (here[run] === 0) continue;
      const now = this.costs[here[run]] + this.costs[there[run]];
      gains[run] = now - this.costs[here[run] - 1] - this.costs[there[run] + 1];
    }
  }
}
