// `npm test`: runs every suite this machine can run and ends with `N passed, N failed, N not run here`; TG_TEST_ALL=1 turns "not run" into failure.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROJECTS = ["unit", "vectors", "contract", "architecture", "chain", "integration", "alone", "journeys"] as const;
const SUITE_FILE_PARTS = ["lib/", "server/", "components/", "app/", "tests/"];

interface NotRun {
  readonly suite: string;
  readonly missing: string;
  readonly enable: string;
}

interface JsonReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

function readNotRun(path: string): NotRun[] {
  if (!existsSync(path)) return [];
  const seen = new Map<string, NotRun>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line.trim() === "") continue;
    const entry: NotRun = JSON.parse(line);
    seen.set(`${entry.suite}:${entry.missing}`, entry);
  }
  return [...seen.values()];
}

const given = process.argv.slice(2);
const named = given.filter((argument) => (PROJECTS as readonly string[]).includes(argument));
const filters = given.filter((argument) => !named.includes(argument));
if (
  filters.some((argument) => !argument.startsWith("-") && !SUITE_FILE_PARTS.some((part) => argument.startsWith(part)))
) {
  process.stderr.write(`Expected suite names (${PROJECTS.join(", ")}) or test file paths, got: ${filters.join(" ")}\n`);
  process.exit(2);
}

const workDir = mkdtempSync(join(tmpdir(), "tidegate-test-"));
const reportFile = join(workDir, "report.json");
const notRunFile = join(workDir, "not-run.jsonl");
const projects = named.length > 0 ? named : [...PROJECTS];

const child = spawn(
  process.execPath,
  [
    "node_modules/vitest/vitest.mjs",
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    "--passWithNoTests",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportFile}`,
    ...filters,
  ],
  { stdio: "inherit", env: { ...process.env, TG_NOT_RUN_FILE: notRunFile } },
);

child.on("exit", (code, signal) => {
  const notRun = readNotRun(notRunFile);
  if (!existsSync(reportFile)) {
    process.stderr.write(
      `The test run ended without a report (exit ${code ?? signal}). Run it again; if it stays, run: npx vitest run\n`,
    );
    process.exit(1);
  }
  const report: JsonReport = JSON.parse(readFileSync(reportFile, "utf8"));
  rmSync(workDir, { recursive: true, force: true });
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  const strict = process.env["TG_TEST_ALL"] === "1";
  for (const entry of notRun)
    process.stdout.write(`not run here: ${entry.suite} (needs ${entry.missing}; ${entry.enable})\n`);
  process.stdout.write(`${report.numPassedTests} passed, ${failed} failed, ${notRun.length} not run here\n`);
  if (strict && (notRun.length > 0 || report.numPendingTests > 0)) {
    process.stderr.write(
      `TG_TEST_ALL=1 allows nothing to be left out: ${notRun.length} suites not run, ${report.numPendingTests} tests skipped\n`,
    );
  }
  const leftOut = strict && (notRun.length > 0 || report.numPendingTests > 0);
  process.exit(failed > 0 || leftOut || code !== 0 ? 1 : 0);
});
