// Test projects: unit (beside the source), contract, architecture, vectors, chain, integration, alone, journeys, recorded, kills. Run by `npm test` (server/cli/commands/test.ts).
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("./", import.meta.url)).replace(/\/$/, "");
const alias = { "@": root };
/** Files that need one core at most, and often wait: more than one side by side on the smallest machine, too. */
const SMALL = { maxWorkers: 3 } as const;
const ALONE = [
  "tests/integration/signer-faults.test.ts",
  "tests/integration/resilience.test.ts",
  "tests/e2e/desk.test.ts",
];

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          ...SMALL,
          name: "unit",
          include: ["{lib,server,components,app}/**/*.test.{ts,tsx}"],
          testTimeout: 30_000,
        },
      },
      {
        resolve: { alias },
        test: { ...SMALL, name: "vectors", include: ["tests/vectors/**/*.test.ts"], testTimeout: 60_000 },
      },
      {
        resolve: { alias },
        test: {
          ...SMALL,
          name: "contract",
          include: ["tests/contract/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: { ...SMALL, name: "architecture", include: ["tests/architecture/**/*.test.ts"], testTimeout: 60_000 },
      },
      {
        resolve: { alias },
        test: {
          // Code against contracts, single processes and what mostly waits, each file on chains of its own: three files side by side.
          name: "chain",
          sequence: { groupOrder: 1 },
          include: ["tests/chain/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers: 3,
        },
      },
      {
        resolve: { alias },
        test: {
          // Whole systems and processes that mostly wait for markets and for each other: two side by side.
          name: "integration",
          sequence: { groupOrder: 2 },
          include: ["tests/integration/**/*.test.ts"],
          exclude: ALONE,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        resolve: { alias },
        test: {
          // What counts blocks by its own hand, watches what comes back after a kill, or measures what a person waits for: one file at a time.
          name: "alone",
          sequence: { groupOrder: 3 },
          include: ALONE,
          testTimeout: 300_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        resolve: { alias },
        test: {
          // Browsers, requests and money against a demo each, which mostly wait: two side by side.
          name: "journeys",
          sequence: { groupOrder: 4 },
          include: ["tests/e2e/**/*.test.ts"],
          exclude: ALONE,
          testTimeout: 300_000,
          hookTimeout: 240_000,
          maxWorkers: 2,
          maxConcurrency: 2,
        },
      },
      {
        resolve: { alias },
        test: { name: "kills", include: ["tests/kills/**/*.test.ts"], testTimeout: 3_600_000, fileParallelism: false },
      },
      {
        resolve: { alias },
        test: { ...SMALL, name: "recorded", include: ["tests/recorded/**/*.test.ts"], testTimeout: 120_000 },
      },
    ],
  },
});
