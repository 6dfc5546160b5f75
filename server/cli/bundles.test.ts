// The bundles that are shipped hold no fault points: the signer cannot be told to kill itself.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";

const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const outDir = mkdtempSync(join(tmpdir(), "tg-bundle-"));
afterAll(() => rmSync(outDir, { recursive: true, force: true }));

const builder = z.object({
  buildBundles: z.function({ input: [z.string(), z.string(), z.array(z.string())], output: z.promise(z.void()) }),
});

test("behavior: the signer's bundle has no way to kill itself, and says so when it is asked to", async () => {
  const { buildBundles } = builder.parse(await import(pathToFileURL(join(root, "server/cli/bundles.mjs")).href));
  await buildBundles(root, outDir, ["signer"]);
  const text = readFileSync(join(outDir, "signer.mjs"), "utf8");
  const phrases = ["production bundles have no fault points", "SIGKILL", "it is for fault tests on local chains"];
  expect(phrases.map((phrase) => text.includes(phrase))).toEqual([true, false, false]);
  const source = readFileSync(join(root, "server/signer/kill-point.ts"), "utf8");
  expect(phrases.map((phrase) => source.includes(phrase))).toEqual([true, true, true]);
  const syntax = spawnSync(process.execPath, ["--check", join(outDir, "signer.mjs")]);
  expect(syntax.status).toBe(0);
}, 60_000);
