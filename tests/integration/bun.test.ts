// Everything in server/ runs unchanged under Bun: a whole demo from the sources, until its pairs have decided in two epochs.
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contract } from "@/lib/api/contract";
import { openOperator, type DemoOperator } from "@/tests/support/demo-operator";
import { makeTempDir } from "@/tests/support/embedded-servers";
import { proveWhole } from "@/tests/support/prove-whole";
import { requires } from "@/tests/support/requires";
import { processesNaming, startDemo, waitFor, type RunningDemo } from "@/tests/support/running-demo";

const bun = requires("bun", "Bun: orchestrator, signer and workers from the sources");
const EPOCHS = 2;

describe.skipIf(!bun.available)("Bun", () => {
  const dataDir = makeTempDir("bun");
  let demo: RunningDemo;
  let operator: DemoOperator;

  beforeAll(async () => {
    demo = await startDemo({ dataDir, hasWeb: false, fresh: true, seed: 11, bun: bun.location });
    operator = await openOperator(demo);
    process.stdout.write(`under Bun: ready after ${(demo.startMs / 1000).toFixed(1)} s\n`);
  }, 200_000);

  afterAll(async () => {
    operator.close();
    await demo.killHard();
    await waitFor("no process left", 30_000, async () =>
      (await processesNaming(dataDir, demo.ready.chains)).length === 0 ? true : null,
    );
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it("behavior: orchestrator, signer, collector and workers are Bun processes", async () => {
    const lines = await processesNaming(dataDir, demo.ready.chains);
    for (const room of ["orchestrator", "signer", "collector", "worker"]) {
      const found = lines.filter((line) => line.includes(`server/${room}/main.ts`));
      expect(found.length, room).toBe(room === "worker" ? demo.ready.pairs.length : 1);
      for (const line of found) expect(line).toContain(bun.location);
    }
  });

  it("behavior: every pair decides in two epochs without a restart, capital is deployed, and the ledger equals the chain", async () => {
    for (const id of demo.ready.pairs) {
      const epochs = await waitFor(`${EPOCHS} epochs of ${id}`, 200_000, async () => {
        const { snapshots } = await demo.read(contract.pairSnapshots, { params: { id } });
        const seen = new Set(snapshots.map(({ epoch }) => epoch));
        return seen.size >= EPOCHS ? [...seen] : null;
      });
      expect(epochs.length).toBeGreaterThanOrEqual(EPOCHS);
    }
    await waitFor("a position of WETH-USDC", 200_000, async () => {
      const { positions } = await demo.read(contract.pairPositions, { params: { id: "WETH-USDC" } });
      return positions.length > 0 ? true : null;
    });
    const whole = await proveWhole("two epochs under Bun", demo, operator);
    expect(whole.positionIds.length).toBeGreaterThan(0);
    expect(whole.doubleEffects).toBe(0);
    const { workers } = await demo.read(contract.orchestrator);
    expect(workers.map(({ state, restarts }) => [state, restarts])).toEqual(workers.map(() => ["running", 0]));
  });

  it("behavior: Ctrl-C ends every process", async () => {
    operator.close();
    expect(await demo.stop()).toBe(0);
    expect(await processesNaming(dataDir, demo.ready.chains)).toEqual([]);
  });
});
