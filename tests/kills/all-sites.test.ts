// Every label of every operation of every family: `npm run test:kills` (safety.md K1-K5, promises 2 and 3). TG_KILL_FAMILIES names some, TG_KILL_SHARE takes a random part.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mulberry32 } from "@/lib/math/rng";
import { FAMILY_KITS } from "@/server/devnet/chain/families/kits";
import { newTally, openKillLab, tallyLine, type KillLab } from "./kill-lab";

/** Two chains side by side: the runs mostly wait for blocks. */
const LANES = 2;
const only = process.env["TG_KILL_FAMILIES"]?.split(",") ?? null;
const kits = FAMILY_KITS.filter((kit) => only === null || only.includes(kit.dexId) || only.includes(kit.family));
const share = Number(process.env["TG_KILL_SHARE"] ?? 1);
let lab: KillLab;

describe("signer killed at every label of every operation of every family", () => {
  beforeAll(async () => {
    lab = await openKillLab();
  }, 120_000);
  afterAll(() => lab?.close());

  it(
    "behavior: no effect twice, nothing lost, at every site",
    async () => {
      const startedMs = performance.now();
      const seed = Number(process.env["TG_KILL_SEED"] ?? Date.now() % 1_000_000);
      const random = mulberry32(seed);
      const tally = newTally();
      const waiting = [...kits];
      await Promise.all(
        Array.from({ length: LANES }, async () => {
          for (let kit = waiting.shift(); kit !== undefined; kit = waiting.shift()) {
            const { dexId } = kit;
            try {
              const world = await lab.openWorld(kit);
              try {
                const own = newTally();
                await lab.run(world, { sites: lab.sitesOf(world).filter(() => random() < share), random, tally: own });
                add(tally, own);
                process.stdout.write(tallyLine(own, { dex: dexId }));
              } finally {
                await lab.closeWorld(world);
              }
            } catch (error) {
              tally.failures.push(`${dexId}: ${error instanceof Error ? error.message : String(error)}`);
            }
          }
        }),
      );
      process.stdout.write(tallyLine(tally, { seed, seconds: Math.round((performance.now() - startedMs) / 1000) }));
      expect(tally.failures).toEqual([]);
      expect(tally.killed).toBe(tally.sites);
      expect(tally.doubleEffects).toBe(0);
      expect(tally.unaccountedRaw).toBe(0n);
    },
    3 * 3_600_000,
  );
});

function add(total: ReturnType<typeof newTally>, own: ReturnType<typeof newTally>): void {
  total.operations += own.operations;
  total.sites += own.sites;
  total.runs += own.runs;
  total.killed += own.killed;
  total.killedRecovering += own.killedRecovering;
  total.wipes += own.wipes;
  total.reorgs += own.reorgs;
  total.doubleEffects += own.doubleEffects;
  total.unaccountedRaw += own.unaccountedRaw;
  for (const kind of own.kinds) total.kinds.add(kind);
  for (const family of own.families) total.families.add(family);
  total.failures.push(...own.failures);
}
