// Runs every reference vector at the tolerance its file states; see README.md for where they come from.
import { describe, expect, it } from "vitest";
import { listVectorFiles, runVectorFile } from "@/server/cli/vector-runners/run-vectors";

const FOLDER = "tests/vectors";
/** Cases as delivered: a file cut short, or one that is missing, must not look like success. */
const DELIVERED: Readonly<Record<string, number>> = {
  "accounting.json": 20,
  "allocation.json": 28,
  "candles.json": 7,
  "carry_decision.json": 97,
  "carry_range.json": 52,
  "carry_rates.json": 39,
  "carry_width.json": 70,
  "decision.json": 61,
  "divergence.json": 49,
  "economics.json": 56,
  "forces.json": 19,
  "liquidity.json": 40,
  "neldermead.json": 30,
  "objective.json": 24,
  "range.json": 46,
  "regime.json": 20,
  "ticks.json": 4,
};
const FILES = listVectorFiles(FOLDER).map((file) => runVectorFile(FOLDER, file));

describe("vector files", () => {
  it("behavior: every file has the cases it came with", () => {
    expect(Object.fromEntries(FILES.map(({ file, results }) => [file, results.length]))).toEqual(DELIVERED);
  });
});

describe.each(FILES)("$file", ({ results }) => {
  it.each(results.map((result, index) => ({ ...result, index })))("$name ($index)", ({ failure }) => {
    expect(failure).toBeNull();
  });
});
