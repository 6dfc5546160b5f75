// Bridges that never pay, pay twice, less, in part, in another token, late or back (safety.md W10 to W12), on three chains with the whole system running: `npm run test:kills`.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BRIDGE_FAULTS, openThreeChains, runBridgeFault, type ThreeChains } from "@/tests/support/three-chains";

let world: ThreeChains;

describe("bridges that misbehave", () => {
  beforeAll(async () => {
    world = await openThreeChains(7);
  }, 300_000);
  afterAll(() => world?.close(), 60_000);

  it.each(BRIDGE_FAULTS)(
    "behavior: %s is booked by name, nothing is lost or done twice",
    async (fault) => {
      const { plan, seen, transfers, unaccountedRaw, doubleEffects } = await runBridgeFault(world, fault);
      process.stdout.write(
        `${fault}: plan ${plan.status} (${plan.statusReason ?? ""}); ${seen.join(" | ")}; at last ${transfers.map(({ state }) => state).join(", ")}; ${unaccountedRaw} wei unaccounted, ${doubleEffects} double effects\n`,
      );
      expect(transfers.length).toBeGreaterThan(0);
      expect(unaccountedRaw).toBe(0n);
      expect(doubleEffects).toBe(0);
      expect(transfers.filter(({ state }) => state === "pending")).toEqual([]);
    },
    600_000,
  );
});
