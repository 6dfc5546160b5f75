// A reallocation over three chains by the whole system: swaps, bridges side by side, one of them refunded, and every wei accounted for.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isOpenTransfer } from "@/server/execution/bridge-arrival";
import { openThreeChains, openedChains, type ThreeChains } from "@/tests/support/three-chains";
import { proveWhole } from "@/tests/support/prove-whole";
import { waitFor } from "@/tests/support/running-demo";

const [A, , C] = [901_001, 901_002, 901_003];
let world: ThreeChains;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

describe("three chains", () => {
  beforeAll(async () => {
    world = await openThreeChains(7);
  }, 300_000);
  afterAll(() => world?.close(), 60_000);

  it("behavior: money goes to two other chains at once; what one bridge gives back stays, named, and everything else is opened", async () => {
    await world.demo.control("/transfers/switch", { outcome: "refund", fromChain: A, toChain: C, count: 1 });
    const plan = await world.nextPlan(3);
    const kinds = plan.plan.steps.map(({ kind }) => kind);
    say(`plan of ${kinds.length} steps on ${openedChains(plan).length} chains: ${kinds.join(" ")}`);
    say(`rehearsed by ${plan.rehearsal?.method}: ${plan.rehearsal?.detail}`);
    expect(kinds.filter((kind) => kind === "bridge").length).toBeGreaterThanOrEqual(2);
    expect(kinds).toContain("swap");

    const ended = await world.approveToEnd(plan);
    const transfers = await waitFor("the end of every transfer", 120_000, async () => {
      const all = await world.transfersOf(plan.planId);
      return all.some(isOpenTransfer) ? null : all;
    });
    say(`ended ${ended.status}: ${ended.statusReason}`);
    for (const each of transfers) say(`${each.fromChainId} -> ${each.toChainId} ${each.state}: ${each.detail}`);
    expect(ended.status).toBe("partial");
    expect(ended.statusReason).toContain("refunded");
    const refunded = transfers.filter(({ state }) => state === "refunded");
    expect(refunded.map(({ fromChainId, toChainId }) => [fromChainId, toChainId])).toEqual([[A, C]]);
    expect(refunded[0]?.receipts).toEqual([
      expect.objectContaining({ kind: "refund", chainId: A, amountRaw: refunded[0]?.amountInRaw }),
    ]);
    expect(transfers.filter(({ state }) => state === "done").length).toBe(transfers.length - 1);

    const whole = await proveWhole("the reallocation", world.demo, world.operator);
    say(
      `${whole.operations} operations, ${whole.unaccountedRaw} wei unaccounted, ${whole.doubleEffects} double effects`,
    );
    expect(whole.unaccountedRaw).toBe(0n);
    expect(whole.doubleEffects).toBe(0);
    const chains = new Set(whole.positionIds.map((id) => Number(id.split(":")[0])));
    expect(chains.size).toBeGreaterThanOrEqual(2);
  }, 400_000);
});
