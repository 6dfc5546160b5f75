// Every AMM family does the same things alike: all checks of `npm run conformance`, each family in one token order drawn by the seed.
import { describe, expect, it } from "vitest";
import { mulberry32 } from "@/lib/math/rng";
import { FAMILY_KITS } from "@/server/devnet/chain/families/kits";
import { FAMILIES } from "@/lib/registry/schema";
import { resultLine, runConformance, TOKEN_ORDERS } from "@/tests/conformance/run-conformance";
import { TEST_SEED } from "@/tests/support/seed";

describe("conformance", () => {
  it("behavior: every family of the registry has a kit", () => {
    expect(new Set(FAMILY_KITS.map(({ family }) => family))).toEqual(new Set(FAMILIES));
  });

  it("behavior: every check of every family passes", async () => {
    const rng = mulberry32(TEST_SEED);
    const orders = new Map(FAMILY_KITS.map((kit) => [kit, Math.floor(rng() * TOKEN_ORDERS)]));
    const results = await runConformance({
      orderOf: (kit) => orders.get(kit) ?? 0,
      onResult: () => undefined,
    });
    const failed = results.filter(({ problem }) => problem !== null);
    process.stdout.write(
      `conformance (seed ${TEST_SEED}): ${results.length - failed.length} passed, ${failed.length} failed, ${FAMILY_KITS.length} kits\n`,
    );
    expect(failed.map(resultLine)).toEqual([]);
    expect(results.length).toBeGreaterThan(FAMILY_KITS.length * 15);
  });
});
