// How a sibling process is started: from bundles the bundle beside, from sources (tsx, Bun) the source, with the same runtime and flags.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOMS = {
  cli: "server/cli/main.ts",
  web: "server/cli/web-process.ts",
  orchestrator: "server/orchestrator/main.ts",
  worker: "server/worker/main.ts",
  collector: "server/collector/main.ts",
  signer: "server/signer/main.ts",
  alerts: "server/alerts/main.ts",
  resp: "server/embedded/resp/main.ts",
  openobserve: "server/embedded/openobserve/main.ts",
  devnet: "server/devnet/main.ts",
} as const;
export type Room = keyof typeof ROOMS;

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** Folder of package.json. */
export function projectRoot(selfUrl: string): string {
  let folder = dirname(fileURLToPath(selfUrl));
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

interface MemoryBounds {
  /** Old generation, MB: a process stays within its memory target instead of growing lazily. */
  readonly heapMb?: number | undefined;
  /** Half of the young generation, MB. The least is 1; what answers many people spends a quarter of its time collecting with that. */
  readonly youngMb?: number | undefined;
}

export function launchOf(selfUrl: string, room: Room, bounds: MemoryBounds = {}): Launch {
  const isBundle = selfUrl.endsWith(".mjs");
  const entry = isBundle
    ? join(dirname(fileURLToPath(selfUrl)), `${room}.mjs`)
    : join(projectRoot(selfUrl), ROOMS[room]);
  const isBun = "bun" in process.versions;
  // Sources need room for their compiler; the bounds are those of bundles.
  const flags = isBun || !isBundle ? [] : memoryFlags(bounds);
  return { command: process.execPath, args: [...process.execArgv, ...flags, entry] };
}

function memoryFlags({ heapMb, youngMb = 1 }: MemoryBounds): string[] {
  if (heapMb === undefined) return [];
  const flags = [`--max-old-space-size=${heapMb}`, `--max-semi-space-size=${youngMb}`];
  return youngMb === 1 ? [...flags, "--optimize-for-size"] : flags;
}
