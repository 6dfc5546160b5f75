// `npm run bench [-- strategy|devnet|system|desk]`: figures of the pure functions, of the devnet's starts, of a fresh run of the demo, then of its desk in a browser, one JSON line {"name","value","unit"} each.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { contract } from "@/lib/api/contract";
import { pickFreePort } from "@/server/infra/process/ports";
import { benchDevnet } from "./bench-devnet";
import { firstLoadBytes } from "./bench-first-load";
import { benchStrategy } from "./bench-strategy";

const readySchema = z.looseObject({ ready: z.literal(true), web: z.string(), devnet: z.string() });
const runFileSchema = z.looseObject({
  processes: z.array(z.looseObject({ name: z.string(), pid: z.number().nullable() })),
});
const snapshotsSchema = contract.pairSnapshots.response;

const EPOCHS_WANTED = 4;
const EPOCH_LIMIT_MS = 180_000;
const READS = 400;
const BENCH_ROUTES = ["/overview", "/pairs/WETH-USDC", "/positions", "/pools", "/approvals", "/lab", "/system"];

function print(name: string, value: number, unit: string): void {
  console.log(JSON.stringify({ name, value: Math.round(value * 1000) / 1000, unit }));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Resident memory of a process, MB; Linux only, null elsewhere or when it is gone. */
function residentMb(pid: number): number | null {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return null;
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(file, "utf8"));
  return match === null ? null : Number(match[1]) / 1024;
}

/** A process and everything below it, from /proc. */
function descendants(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [pid];
  const children = readFileSync(file, "utf8").trim().split(/\s+/).filter(Boolean).map(Number);
  return [pid, ...children.flatMap((child) => descendants(child))];
}

async function readSnapshots(base: string, pairId: string) {
  const response = await fetch(`${base}/api/pairs/${pairId}/snapshots?limit=50`);
  return response.ok ? snapshotsSchema.parse(await response.json()).snapshots : [];
}

interface Measured {
  readonly base: string;
  readonly dataDir: string;
  readonly pairId: string;
  readonly startedAtMs: number;
  readonly cliPid: number;
}

async function measureDesk({ base, dataDir, pairId }: Measured): Promise<void> {
  const chrome = findChrome();
  if (chrome === null) {
    console.error("expected Chromium or Chrome on PATH for the desk's figures; they are left out");
    return;
  }
  const { benchDesk } = await import("./bench-desk");
  await benchDesk({ base, dataDir, pairId, chrome }, print);
}

/** First of the usual names on PATH. */
function findChrome(): string | null {
  const found = spawnSync("which", ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]);
  return found.stdout?.toString("utf8").split("\n")[0]?.trim() || null;
}

async function measureSystem({ base, dataDir, pairId, startedAtMs, cliPid }: Measured): Promise<void> {
  const deadlineMs = performance.now() + EPOCH_LIMIT_MS;
  let snapshots = await readSnapshots(base, pairId);
  while (snapshots.length === 0 && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    snapshots = await readSnapshots(base, pairId);
  }
  print("start_first_epoch_ms", performance.now() - startedAtMs, "ms");
  while (snapshots.length < EPOCHS_WANTED && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    snapshots = await readSnapshots(base, pairId);
  }
  const done = snapshots.filter((record) => record.status === "completed");
  print(
    "cycle_pure_ms",
    quantile(
      done.map((record) => record.durations.computeMs + record.durations.decideMs),
      0.5,
    ),
    "ms",
  );
  print(
    "cycle_fetch_ms",
    quantile(
      done.map((record) => record.durations.fetchMs),
      0.5,
    ),
    "ms",
  );
  print(
    "cycle_lateness_ms",
    quantile(
      done.map((record) => record.latenessMs),
      0.99,
    ),
    "ms",
  );

  for (const path of ["/api/pairs", `/api/pairs/${pairId}/status`, "/api/overview"]) {
    const times: number[] = [];
    for (let count = 0; count < READS; count += 1) {
      const atMs = performance.now();
      const response = await fetch(`${base}${path}`);
      await response.arrayBuffer();
      if (response.ok) times.push(performance.now() - atMs);
      // Reads are limited to 20 a second per caller; the figure is latency, not throughput.
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (count >= 100 && path !== "/api/pairs") break;
    }
    const name = path.replace("/api/", "").replace(`/${pairId}`, "").replaceAll("/", "_");
    print(`api_${name}_p50_ms`, quantile(times, 0.5), "ms");
    print(`api_${name}_p99_ms`, quantile(times, 0.99), "ms");
  }

  for (const [route, bytes] of await firstLoadBytes(base, BENCH_ROUTES)) {
    print(`first_load_js_${route.slice(1).replaceAll(/[/-]/g, "_").toLowerCase()}_kb`, bytes / 1000, "kB gzip");
  }

  const run = runFileSchema.parse(JSON.parse(readFileSync(join(dataDir, "run.json"), "utf8")));
  let total = residentMb(cliPid) ?? 0;
  print("rss_cli_mb", total, "MB");
  for (const { name, pid } of run.processes) {
    if (pid === null) continue;
    for (const [index, each] of descendants(pid).entries()) {
      const mb = residentMb(each);
      if (mb === null) continue;
      total += mb;
      print(index === 0 ? `rss_${name}_mb` : `rss_${name}_child_${index}_mb`, mb, "MB");
    }
  }
  print("rss_total_mb", total, "MB");
}

/** A fresh demo, started as a person would, measured from outside. */
async function withDemo(part: "system" | "desk"): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "tidegate-bench-"));
  const [webPort, opsPort] = [await pickFreePort(), await pickFreePort()];
  const startedAtMs = performance.now();
  const child = spawn(
    process.execPath,
    [
      "server/cli/boot.mjs",
      "demo",
      "--json",
      "--fresh",
      "--seed",
      "7",
      "--data-dir",
      dataDir,
      "--web-port",
      String(webPort),
      "--ops-port",
      String(opsPort),
    ],
    { stdio: ["ignore", "pipe", "inherit"], detached: true },
  );
  const stop = (): void => {
    child.kill("SIGINT");
  };
  process.on("SIGINT", stop);
  try {
    const ready = await new Promise<z.infer<typeof readySchema>>((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
        for (const line of text.split("\n")) {
          if (!line.startsWith("{") || !line.endsWith("}")) continue;
          const parsed = readySchema.safeParse(JSON.parse(line));
          if (parsed.success) resolve(parsed.data);
        }
      });
      child.on("exit", (code) => reject(new Error(`the demo ended with ${code} before it was ready:\n${text}`)));
    });
    print("start_ready_ms", performance.now() - startedAtMs, "ms");
    const base = ready.web.replace(/\/$/, "");
    const pairId = "WETH-USDC";

    await (part === "system" ? measureSystem : measureDesk)({
      base,
      dataDir,
      pairId,
      startedAtMs,
      cliPid: child.pid ?? 0,
    });
  } finally {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    stop();
    if (child.exitCode === null) await exited;
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const PARTS = ["strategy", "devnet", "system", "desk"] as const;

async function main(): Promise<number> {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !PARTS.some((part) => part === name));
  if (unknown.length > 0) {
    console.error(`expected nothing, "strategy", "devnet", "system" or "desk" after --; got ${unknown.join(" ")}`);
    return 2;
  }
  const isWanted = (part: (typeof PARTS)[number]): boolean => asked.length === 0 || asked.includes(part);
  if (isWanted("strategy")) benchStrategy(print);
  if (isWanted("devnet")) {
    await benchDevnet(process.cwd(), print);
  }
  if (isWanted("system")) await withDemo("system");
  if (isWanted("desk")) await withDemo("desk");
  return 0;
}

process.exitCode = await main();
