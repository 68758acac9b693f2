// The jobs in JavaScript, on npm's `hdr-histogram-js`: jobs.mjs LINE js|wasm
// README.md of the folder above says what is asked and answered. The package stands in the working directory.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.cwd() + "/");
const hdr = require("hdr-histogram-js");
const { version } = require("hdr-histogram-js/package.json");
const [line, kind] = process.argv.slice(2);
const data = process.env.TOLL_PEERS;
const useWebAssembly = kind === "wasm";
if (useWebAssembly) await hdr.initWebAssembly();

const BITS = 32; // what the port's own `build` takes by default
const HIGHEST = 3_600_000_000_000;

function create() {
  return hdr.build({
    bitBucketSize: BITS,
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST,
    numberOfSignificantValueDigits: 3,
    useWebAssembly,
  });
}

/** WebAssembly's memory is not collected: what a job makes it frees. */
function free(histogram) {
  if (useWebAssembly) histogram.destroy();
}

function numbers(n) {
  return readFileSync(`${data}/values`, "utf8").split("\n", n).map(Number);
}

function filled(n) {
  const histogram = create();
  for (const value of numbers(n)) histogram.recordValue(value);
  return histogram;
}

function decode(text) {
  return hdr.decodeFromCompressedBase64(text, BITS, useWebAssembly);
}

function counted(text) {
  const histogram = decode(text);
  const count = histogram.totalCount;
  free(histogram);
  return count;
}

function replay(name) {
  const reader = new hdr.HistogramLogReader(readFileSync(`${data}/${name}`, "utf8"), BITS, useWebAssembly);
  const sums = new Map();
  for (let interval; (interval = reader.nextIntervalHistogram()) !== null; ) {
    const tag = interval.tag === "NO TAG" ? "" : interval.tag;
    const sum = sums.get(tag);
    if (sum === undefined) {
      sums.set(tag, interval);
    } else {
      sum.add(interval);
      free(interval);
    }
  }
  return sums;
}

function replayJob(name) {
  return {
    job: () => {
      const sums = replay(name);
      if (useWebAssembly) sums.forEach(free);
    },
    check: () => [...replay(name).values()].reduce((sum, histogram) => sum + histogram.totalCount, 0),
    answer: () => replay(name),
  };
}

const one = (histogram) => new Map([["", histogram]]);

const jobs = {
  record(n) {
    const histogram = create();
    const values = numbers(n);
    const job = () => {
      for (const value of values) histogram.recordValue(value);
    };
    return { job, check: () => histogram.totalCount, answer: () => (job(), one(histogram)) };
  },
  p99(n) {
    const histogram = filled(n);
    const job = () => histogram.getValueAtPercentile(99);
    const first = job();
    return { job, check: () => Number(job() === first), answer: job };
  },
  encode(n) {
    const histogram = filled(n);
    const job = () => hdr.encodeIntoCompressedBase64(histogram);
    return { job, check: () => counted(job()), answer: () => one(histogram) };
  },
  decode(n) {
    const text = hdr.encodeIntoCompressedBase64(filled(n));
    return { job: () => free(decode(text)), check: () => counted(text), answer: () => one(decode(text)) };
  },
  merge(n) {
    const into = filled(n);
    const other = filled(n);
    const job = () => into.add(other);
    return { job, check: () => into.totalCount, answer: () => (job(), one(into)) };
  },
  replay: () => replayJob("plain.hlog"),
  replay_tags: () => replayJob("tagged.hlog"),
};

function hexed(text, encoding) {
  return "x" + Buffer.from(text, encoding).toString("hex");
}

function time(name, n, iterations, batches) {
  const { job, check } = jobs[name](n);
  const times = [];
  for (let batch = 0; batch < batches; batch++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < iterations; i++) job();
    times.push(process.hrtime.bigint() - start);
  }
  return [times.length, ...times, check()];
}

function answer(name, n) {
  const found = jobs[name](n).answer();
  if (!(found instanceof Map)) return [found];
  const pairs = [...found].map(([tag, histogram]) => [
    hexed(tag, "utf8"),
    hexed(hdr.encodeIntoCompressedBase64(histogram), "base64"),
  ]);
  return [pairs.length, ...pairs.flat()];
}

function reply([request, name, ...rest]) {
  const [n, iterations, batches] = rest.map(Number);
  switch (request) {
    case "hello":
      return [line, "", `Node ${process.version}; hdr-histogram-js ${version}`].map((text) => hexed(text, "utf8"));
    case "shapes":
      return [Object.keys(jobs).length, ...Object.keys(jobs).flatMap((job) => [job, "x"])];
    case "time":
      return time(name, n, iterations, batches);
    case "answer":
      return answer(name, n);
    case "stats":
      return [0];
    default:
      throw new Error(`unknown request ${request}`);
  }
}

for await (const asked of createInterface({ input: process.stdin })) {
  try {
    console.log(["ok", ...reply(asked.split(" "))].join(" "));
  } catch (error) {
    console.log(`err ${String(error).replaceAll("\n", " ")}`);
  }
}
