// npm's `hdr-histogram-js` behind the wire of conformance/README.md, as Reference.java is for the reference.
// Its numbers are doubles, exact to 2^53; it has no linear or logarithmic steps.
// The package stands in .tools/reference, from which the check starts this file.
import { appendFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.cwd() + "/");
const hdr = require("hdr-histogram-js");
const { NO_TAG } = require("hdr-histogram-js/dist/Histogram");
const PercentileIterator = require("hdr-histogram-js/dist/PercentileIterator").default;
const RecordedValuesIterator = require("hdr-histogram-js/dist/RecordedValuesIterator").default;

const histograms = new Map();
const logs = new Map();

function integer(token) {
  const value = Number(token);
  if (!Number.isSafeInteger(value)) throw new Error(`${token} is above 2^53`);
  return value;
}

function integerToken(value) {
  return BigInt(value).toString();
}

function floatToken(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return "d" + bytes.toString("hex");
}

function floatValue(token) {
  return Buffer.from(token.slice(1), "hex").readDoubleBE();
}

function encode(histogram) {
  return Buffer.from(hdr.encodeIntoCompressedBase64(histogram), "base64");
}

function decode(bytes) {
  return hdr.decodeFromCompressedBase64(bytes.toString("base64"), 64, false);
}

function atQuantile(histogram, token) {
  return integerToken(histogram.getValueAtPercentile(floatValue(token) * 100));
}

function buckets(iterator) {
  const items = [];
  while (iterator.hasNext()) {
    const step = iterator.next();
    items.push(step.valueIteratedTo, step.countAddedInThisIterationStep, step.totalCountToThisValue);
  }
  return [String(items.length / 3), ...items.map(integerToken)];
}

function scan(histogram, kind, ticks) {
  if (kind === "recorded") return new RecordedValuesIterator(histogram);
  if (kind === "quantiles") return new PercentileIterator(histogram, integer(ticks));
  return null;
}

function read(operation, h, rest) {
  const option = (some) => (h.totalCount ? ["some", ...some()] : ["none"]);
  const min = () => integerToken(h.getCountAtIndex(0) ? 0 : h.minNonZeroValue);
  switch (operation) {
    case "config":
      return [h.lowestDiscernibleValue, h.highestTrackableValue, h.numberOfSignificantValueDigits].map(integerToken);
    case "len":
      return [integerToken(h.totalCount)];
    case "is_empty":
      return [String(h.totalCount === 0)];
    case "min":
      return option(() => [min()]);
    case "max":
      return option(() => [integerToken(h.maxValue)]);
    case "mean":
      return option(() => [floatToken(h.mean)]);
    case "stdev":
      return option(() => [floatToken(h.stdDeviation)]);
    case "value_at_quantile":
      return option(() => [atQuantile(h, rest[0])]);
    case "values_at_quantiles":
      return option(() => [rest[0], ...rest.slice(1).map((token) => atQuantile(h, token))]);
    case "encode":
      return ["x" + encode(h).toString("hex")];
    case "buckets": {
      const iterator = scan(h, ...rest);
      return iterator ? buckets(iterator) : null;
    }
    default:
      return null;
  }
}

function call(operation, rest) {
  const [name, ...more] = rest;
  const histogram = histograms.get(name);
  switch (operation) {
    case "reset":
      histograms.clear();
      return [];
    case "new": {
      const [lowestDiscernibleValue, highestTrackableValue, numberOfSignificantValueDigits] = more.map(integer);
      histograms.set(name, hdr.build({
        lowestDiscernibleValue,
        highestTrackableValue,
        numberOfSignificantValueDigits,
        bitBucketSize: 64,
        useWebAssembly: false,
      }));
      return [];
    }
    case "clone":
      histograms.set(more[0], histogram);
      return [];
    case "record":
      histogram.recordValue(integer(more[0]));
      return [];
    case "record_n":
      histogram.recordValueWithCount(integer(more[0]), integer(more[1]));
      return [];
    case "record_all":
      for (const value of more.slice(1)) histogram.recordValue(integer(value));
      return [];
    case "merge":
      histogram.add(decode(encode(histograms.get(more[0]))));
      return [];
    case "set_tag":
      histogram.tag = Buffer.from(more[0].slice(1), "hex").toString() || NO_TAG;
      return [];
    case "log_create": {
      const path = Buffer.from(more[0].slice(1), "hex").toString();
      writeFileSync(path, "");
      const writer = new hdr.HistogramLogWriter((text) => appendFileSync(path, text));
      writer.outputLogFormatVersion();
      writer.outputStartTime(floatValue(more[1]) * 1000);
      writer.outputLegend();
      logs.set(name, writer);
      return [];
    }
    case "log_write": {
      const [start, seconds] = more.slice(1).map(floatValue);
      logs.get(name).outputIntervalHistogram(histograms.get(more[0]), start, start + seconds);
      return [];
    }
    case "log_close":
      logs.delete(name);
      return [];
    case "decode":
      histograms.set(name, decode(Buffer.from(more[0].slice(1), "hex")));
      return [];
    case "recode":
      histograms.set(more[0], decode(encode(histogram)));
      return [];
    default:
      return read(operation, histogram, more);
  }
}

function answer(line) {
  const [operation, ...rest] = line.split(" ");
  try {
    const reply = call(operation, rest);
    return reply ? ["ok", ...reply].join(" ") : `unsupported ${operation}`;
  } catch (error) {
    return `refused ${String(error).replaceAll("\n", " ")}`;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(answer(line));
}
