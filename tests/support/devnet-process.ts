// Starts the devnet as its own process for a suite and ends it by closing its control channel.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { addressSchema, registrySchema, type Registry } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";

const readySchema = z.object({
  ready: z.literal(true),
  controlUrl: z.string(),
  chains: z.array(z.object({ id: z.number(), rpc: z.string() })),
  registryFile: z.string(),
  exchangeProxyUrl: z.string(),
  geckoUrl: z.string(),
  lifiUrl: z.string(),
});
const stateSchema = z.object({ nowMs: z.number() });

export interface DevnetProcess extends z.infer<typeof readySchema> {
  readonly registry: Registry;
  nowMs(): Promise<number>;
  control(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startDevnetProcess(input: {
  readonly seed: number;
  readonly wallet: Address;
  readonly chains?: 1 | 3;
}): Promise<DevnetProcess> {
  const rootDir = fileURLToPath(new URL("../../", import.meta.url));
  const dataDir = mkdtempSync(join(tmpdir(), "tidegate-sources-"));
  const child = spawn(process.execPath, ["--import", "tsx", "server/devnet/main.ts"], {
    cwd: rootDir,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk.toString("utf8");
  });
  child.stdin.on("error", () => undefined);
  const wallet = addressSchema.parse(input.wallet);
  child.stdin.write(
    `${JSON.stringify({ rootDir, dataDir, seed: input.seed, fresh: true, wallet, chains: input.chains ?? 1 })}\n`,
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const ready = readySchema.safeParse(JSON.parse(line));
    if (!ready.success) continue;
    child.stdout.resume();
    const { controlUrl, registryFile } = ready.data;
    const control: DevnetProcess["control"] = async (method, path, body) => {
      const response = await fetch(`${controlUrl}${path}`, {
        method,
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
      const text = await response.text();
      return text === "" ? null : JSON.parse(text);
    };
    return {
      ...ready.data,
      registry: registrySchema.parse(JSON.parse(readFileSync(registryFile, "utf8"))),
      nowMs: async () => stateSchema.parse(await control("GET", "/state")).nowMs,
      control,
      stop: async () => {
        child.stdin.end();
        await ended;
        rmSync(dataDir, { recursive: true, force: true });
      },
    };
  }
  throw new Error(`the devnet ended before it was ready: ${complaint}`);
}
