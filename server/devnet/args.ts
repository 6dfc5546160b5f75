// Start arguments of the devnet process: one JSON line on stdin.
import * as z from "zod";
import { addressSchema } from "@/lib/registry/schema";

export const devnetArgsSchema = z.object({
  /** Folder that holds `node_modules` and `server/devnet/contracts`. */
  rootDir: z.string().min(1),
  /** Folder for state, cache and `registry.json`; created when absent. */
  dataDir: z.string().min(1),
  controlPort: z.number().int().min(0).max(65_535).default(0),
  /** 1: Uniswap V3 on one chain; 3: three chains with the other AMM families and bridges between them. */
  chains: z.union([z.literal(1), z.literal(3)]).default(1),
  /** Port of the first chain's RPC endpoint; 0 picks a free one, as the other chains always do. */
  rpcPort: z.number().int().min(0).max(65_535).default(0),
  seed: z.number().int().min(0).max(4_294_967_295).default(1),
  /** Market seconds per wall second. */
  speed: z.number().min(1).max(3_600).default(60),
  fresh: z.boolean().default(false),
  /** CSV of `openMs,open,high,low,close,volume` rows replayed as WETH-USDC instead of the seeded path. */
  ohlcvFile: z.string().optional(),
  /** Address that gets the demo capital (the signer's wallet). */
  wallet: addressSchema.optional(),
  /** LI.FI stand-in service fee, 1/10 000 of the sold amount. */
  lifiFeeBps: z.number().int().min(0).max(100).default(5),
});
export type DevnetArgs = z.infer<typeof devnetArgsSchema>;
