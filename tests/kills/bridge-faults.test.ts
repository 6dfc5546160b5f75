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
      const { plan, ended, settled, unaccountedRaw, doubleEffects } = await runBridgeFault(world, fault);
      const lines = ended.map(({ transferId, state, detail }) => {
        const after = settled.find((transfer) => transfer.transferId === transferId);
        return `${state}${after?.state === state ? "" : ` then ${after?.state}`}: ${detail}`;
      });
      process.stdout.write(
        `${fault}: plan ${plan.status} (${plan.statusReason ?? ""}); ${lines.join(" | ")}; ${unaccountedRaw} wei unaccounted, ${doubleEffects} double effects\n`,
      );
      expect(ended.length).toBeGreaterThan(0);
      expect(unaccountedRaw).toBe(0n);
      expect(doubleEffects).toBe(0);
      expect(settled.filter(({ state }) => state === "pending")).toEqual([]);
    },
    600_000,
  );
});
