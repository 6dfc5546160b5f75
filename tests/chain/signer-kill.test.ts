// A random sample of the kill sites, others with another TG_KILL_SEED (safety.md K1-K5); all of them: `npm run test:kills`.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mulberry32 } from "@/lib/math/rng";
import { FAMILY_KITS } from "@/server/devnet/chain/families/kits";
import { newTally, openKillLab, tallyLine, type KillLab, type Site } from "@/tests/kills/kill-lab";
import { TEST_SEED } from "@/tests/support/seed";

/** Uniswap V3 is always there: its plan has the swaps and the bridge. */
const OTHER_FAMILIES = 1;
const ENOUGH_MS = 45_000;
const LABELS_AT_ONCE = 3;
let lab: KillLab;

/** `count` of the list, drawn without repetition, in the list's order. */
function draw<T>(all: readonly T[], count: number, random: () => number): readonly T[] {
  const picked = new Set<number>();
  while (picked.size < Math.min(count, all.length)) picked.add(Math.floor(random() * all.length));
  return all.filter((_, index) => picked.has(index));
}

describe("signer killed at random labels of random operations", () => {
  beforeAll(async () => {
    lab = await openKillLab();
  }, 120_000);
  afterAll(() => lab?.close());

  it("behavior: no effect twice, nothing lost, wherever it dies", async () => {
    const startedMs = performance.now();
    const seed = Number(process.env["TG_KILL_SEED"] ?? TEST_SEED);
    const random = mulberry32(seed);
    process.stdout.write(`kill sample, TG_KILL_SEED=${seed}\n`);
    const named = process.env["TG_KILL_FAMILIES"]?.split(",") ?? null;
    const plain = FAMILY_KITS.filter((kit) => kit.family === "uniswap-v3");
    const others = FAMILY_KITS.filter((kit) => kit.family !== "uniswap-v3");
    const kits =
      named === null
        ? [...plain, ...draw(others, OTHER_FAMILIES, random)]
        : FAMILY_KITS.filter((kit) => named.includes(kit.dexId));
    const tally = newTally();
    await Promise.all(
      kits.map(async (kit) => {
        const world = await lab.openWorld(kit);
        try {
          const sites: Site[] = [...lab.sitesOf(world)];
          while (sites.length > 0 && performance.now() - startedMs < ENOUGH_MS) {
            // Labels of one operation share what comes before it.
            const [first] = draw(sites, 1, random);
            const some = draw(
              sites.filter((site) => site.op === first?.op),
              LABELS_AT_ONCE,
              random,
            );
            for (const site of some) sites.splice(sites.indexOf(site), 1);
            await lab.run(world, { sites: some, random, tally });
          }
        } finally {
          await lab.closeWorld(world);
        }
      }),
    );
    process.stdout.write(tallyLine(tally, { seed, seconds: Math.round((performance.now() - startedMs) / 1000) }));
    expect(tally.failures).toEqual([]);
    expect(tally.killed).toBe(tally.sites);
    expect(tally.doubleEffects).toBe(0);
    expect(tally.unaccountedRaw).toBe(0n);
    expect(tally.sites).toBeGreaterThanOrEqual(kits.length);
  }, 240_000);
});
