// `npm run bench -- devnet`: how long the devnet takes from the start of its process to its ready line, fresh and from its saved state.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";

const RUNS = 10;
const readySchema = z.looseObject({ ready: z.literal(true), origin: z.looseObject({ kind: z.string() }) });

/** Every figure is of `RUNS` starts after one that compiled what was not compiled yet. */
export async function benchDevnet(
  rootDir: string,
  print: (name: string, value: number, unit: string) => void,
): Promise<void> {
  // Bundles first, as every command of this program does.
  execFileSync(process.execPath, [join(rootDir, "server", "cli", "boot.mjs"), "build"], { stdio: "inherit" });
  for (const chains of [1, 3]) {
    const dataDir = mkdtempSync(join(tmpdir(), "tidegate-bench-devnet-"));
    try {
      await startOnce(rootDir, { dataDir, chains, fresh: true });
      for (const kind of ["fresh", "saved"] as const) {
        const tookMs: number[] = [];
        for (let run = 0; run < RUNS; run += 1) {
          tookMs.push(await startOnce(rootDir, { dataDir, chains, fresh: kind === "fresh" }));
        }
        const sorted = tookMs.toSorted((left, right) => left - right);
        const name = `devnet_${chains}_chain${chains === 1 ? "" : "s"}_${kind}`;
        print(`${name}_p50_ms`, sorted[Math.floor(RUNS / 2)] ?? Number.NaN, "ms");
        print(`${name}_max_ms`, sorted.at(-1) ?? Number.NaN, "ms");
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
}

async function startOnce(
  rootDir: string,
  args: { readonly dataDir: string; readonly chains: number; readonly fresh: boolean },
): Promise<number> {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [join(rootDir, "dist", "server", "devnet.mjs")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.stdin.write(`${JSON.stringify({ rootDir, seed: 7, ...args })}\n`);
  let tookMs: number | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const ready = readySchema.safeParse(JSON.parse(line));
    if (!ready.success) continue;
    tookMs = performance.now() - startedAtMs;
    const { kind } = ready.data.origin;
    if (kind !== (args.fresh ? "fresh" : "resumed")) throw new Error(`the devnet began ${kind}, fresh: ${args.fresh}`);
    break;
  }
  child.stdin.end();
  child.stdout.resume();
  const code = await exited;
  if (tookMs === null || code !== 0) throw new Error(`the devnet ended with ${code} before or after its ready line`);
  return tookMs;
}
