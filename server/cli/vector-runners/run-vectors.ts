// Runs vector files: finds the runner of every case by the file's name, then by the case's shape; what nobody knows fails.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { AMM_RUNNERS } from "./amm";
import { CARRY_RUNNERS } from "./carry";
import type { CaseRunner, VectorCase } from "./case-runner";
import { DECISION_RUNNERS } from "./decision";
import { MARKET_RUNNERS } from "./market";
import { MONEY_RUNNERS } from "./money";
import { RANGE_RUNNERS } from "./ranges";
import { SEARCH_RUNNERS } from "./search";

const RUNNERS: readonly CaseRunner[] = [
  ...MARKET_RUNNERS,
  ...RANGE_RUNNERS,
  ...AMM_RUNNERS,
  ...MONEY_RUNNERS,
  ...SEARCH_RUNNERS,
  ...DECISION_RUNNERS,
  ...CARRY_RUNNERS,
];

/** Longest first, so that `carry_range.json` is not taken for a file about ranges. */
const TOPICS = [...new Set(RUNNERS.map((runner) => runner.topic))].toSorted(
  (left, right) => right.length - left.length,
);

const fileSchema = z.object({
  about: z.string().default(""),
  tolerance: z.number().min(0),
  cases: z.array(z.object({ name: z.string().default("unnamed"), in: z.unknown(), out: z.unknown() })),
});

export interface CaseResult {
  readonly name: string;
  /** What differs or cannot be read; null when the case passed. */
  readonly failure: string | null;
}

export interface FileResult {
  readonly file: string;
  readonly results: readonly CaseResult[];
}

/** Names of the vector files of a folder, sorted; throws when the folder cannot be read. */
export function listVectorFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.toLowerCase().endsWith(".json"))
    .toSorted();
}

/** Runs every case of one file. A file that cannot be read, and one without cases, counts as one failure. */
export function runVectorFile(folder: string, file: string): FileResult {
  let parsed: z.infer<typeof fileSchema>;
  try {
    parsed = fileSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return { file, results: [{ name: "file", failure: `expected {about, tolerance, cases}: ${why}` }] };
  }
  if (parsed.cases.length === 0) {
    return { file, results: [{ name: "file", failure: "expected at least one case, the list is empty" }] };
  }
  const topic = topicOfName(file) ?? topicOfName(parsed.about.split("(")[0] ?? "");
  const results = parsed.cases.map((entry) => ({
    name: entry.name,
    failure: runCase(topic, { name: entry.name, in: entry.in ?? null, out: entry.out ?? null }, parsed.tolerance),
  }));
  return { file, results };
}

/** What is wrong with one case, or null. */
function runCase(topic: string | null, entry: VectorCase, tolerance: number): string | null {
  const runner = findRunner(topic, entry);
  if (runner === null) {
    const shape =
      typeof entry.in === "object" && entry.in !== null && !Array.isArray(entry.in)
        ? `an input with the keys [${Object.keys(entry.in).join(", ")}]`
        : `an input of type ${Array.isArray(entry.in) ? "list" : typeof entry.in}`;
    return `no runner knows ${shape}${topic === null ? "" : ` under the topic ${topic}`}`;
  }
  try {
    runner.check(entry, tolerance);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The topic's own runner, else the only one of all topics that knows the shape. */
function findRunner(topic: string | null, entry: VectorCase): CaseRunner | null {
  const own = RUNNERS.find((runner) => runner.topic === topic && runner.accepts(entry));
  return own ?? RUNNERS.find((runner) => runner.accepts(entry)) ?? null;
}

/** The longest topic that stands in a text as a word of its own (`forces_2`, `hidden-forces`, `Nelder-Mead traces`). */
function topicOfName(text: string): string | null {
  const words = `_${text
    .toLowerCase()
    .replace(/nelder[-_ ]?mead/g, "neldermead")
    .replace(/[^a-z0-9]+/g, "_")}_`;
  return TOPICS.find((topic) => new RegExp(`_${topic}(_|[0-9])`).test(words)) ?? null;
}
