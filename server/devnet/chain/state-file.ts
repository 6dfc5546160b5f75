// The devnet's saved state: chains and market of one instant in one folder, replaced as a whole.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { DevnetError } from "@/server/devnet/devnet-error";
import { bridgeDeskStateSchema } from "@/server/devnet/market/bridge-desk";
import { PAIR_IDS, type DevnetPairId } from "@/server/devnet/market/setup";
import { pathStateSchema } from "@/server/devnet/market/price-path";
import { familyProviderStateSchema } from "@/server/devnet/market/family-providers";
import { providerStateSchema } from "@/server/devnet/market/providers";
import { volumeStateSchema } from "@/server/devnet/market/volume-book";
import { chainDeploymentSchema } from "./deploy";

const FORMAT = 2;
const formatSchema = z.object({ version: z.number() });
const stateSchema = z.object({
  version: z.literal(FORMAT),
  /** Hash of contract sources and package versions: a state of other contracts is not loaded. */
  key: z.string(),
  seed: z.number(),
  nowMs: z.number(),
  seq: z.number(),
  savedAtMs: z.number(),
  /** True when written by an orderly stop. */
  isCleanStop: z.boolean(),
  firstTradeAtMs: z.number(),
  flowRngState: z.number(),
  path: pathStateSchema,
  volumes: volumeStateSchema,
  /** Transfers between the chains, the finished ones too. */
  bridges: bridgeDeskStateSchema,
  /** Every chain of this instant, in the order of their ids; their states are `chain-<id>.bin`. */
  chains: z
    .array(
      z.object({
        deployment: chainDeploymentSchema,
        providers: providerStateSchema,
        familyProviders: familyProviderStateSchema,
      }),
    )
    .min(1),
});
export type DevnetState = z.infer<typeof stateSchema>;

export interface SavedDevnet {
  readonly state: DevnetState;
  /** Dump of each chain by its id. */
  readonly chains: ReadonlyMap<number, Buffer>;
  readonly books: Readonly<Record<DevnetPairId, Buffer>>;
}

export interface StateFile {
  load(key: string): SavedDevnet | undefined;
  save(saved: SavedDevnet): void;
  /** What was loaded runs again: its next end is an orderly one only when it says so. */
  markRunning(loaded: DevnetState): void;
  clear(): void;
}

export function createStateFile(dataDir: string): StateFile {
  const current = join(dataDir, "state");
  const next = join(dataDir, "state.next");
  const previous = join(dataDir, "state.previous");
  return {
    load(key) {
      // A stop between the two renames of `save` leaves only the previous folder; it is whole.
      const dir = [current, previous].find((path) => existsSync(join(path, "state.json")));
      if (dir === undefined) return undefined;
      const json = readJson(join(dir, "state.json"));
      const format = formatSchema.safeParse(json);
      if (format.success && format.data.version !== FORMAT) {
        throw new DevnetError({
          code: "state",
          message: `The saved devnet in ${dir} is of format ${format.data.version}, this version reads format ${FORMAT}. Start with --fresh to begin a new market.`,
          retryable: false,
        });
      }
      const parsed = stateSchema.safeParse(json);
      if (!parsed.success) {
        throw new DevnetError({
          code: "state",
          message: `The saved devnet in ${dir} cannot be read (${z.prettifyError(parsed.error).replaceAll(/\s+/g, " ").slice(0, 300)}). Start with --fresh to begin a new market.`,
          retryable: false,
        });
      }
      if (parsed.data.key !== key) {
        throw new DevnetError({
          code: "state",
          message: `The saved devnet in ${dir} was made with other contracts (${parsed.data.key}) than the installed ones (${key}). Start with --fresh to begin a new market.`,
          retryable: false,
        });
      }
      const read = (name: string) => readFileSync(join(dir, name));
      return {
        state: parsed.data,
        chains: new Map(
          parsed.data.chains.map(({ deployment: { chainId } }) => [chainId, read(chainName(chainId))] as const),
        ),
        books: { "WETH-USDC": read(bookName("WETH-USDC")), "USDC-USDT": read(bookName("USDC-USDT")) },
      };
    },
    save(saved) {
      rmSync(next, { recursive: true, force: true });
      mkdirSync(next, { recursive: true });
      for (const [chainId, dump] of saved.chains) writeFileSync(join(next, chainName(chainId)), dump);
      for (const pairId of PAIR_IDS) writeFileSync(join(next, bookName(pairId)), saved.books[pairId]);
      writeFileSync(join(next, "state.json"), JSON.stringify(saved.state));
      rmSync(previous, { recursive: true, force: true });
      if (existsSync(current)) renameSync(current, previous);
      renameSync(next, current);
      rmSync(previous, { recursive: true, force: true });
    },
    markRunning(loaded) {
      const file = [current, previous].map((dir) => join(dir, "state.json")).find((path) => existsSync(path));
      if (file === undefined) return;
      writeFileSync(`${file}.tmp`, JSON.stringify({ ...loaded, isCleanStop: false }));
      renameSync(`${file}.tmp`, file);
    },
    clear() {
      for (const dir of [current, next, previous]) rmSync(dir, { recursive: true, force: true });
    },
  };
}

function chainName(chainId: number): string {
  return `chain-${chainId}.bin`;
}

function bookName(pairId: DevnetPairId): string {
  return `candles-${pairId}.bin`;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new DevnetError({
      code: "state",
      message: `${file} is not readable JSON. Start with --fresh to begin a new market.`,
      retryable: false,
      cause,
    });
  }
}
