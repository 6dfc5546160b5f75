// A person reads how a plan was tried, what it moved, and what was only supposed.
import { expect, it } from "vitest";
import type { PlanDto } from "@/lib/api/schemas";
import { howTried, stepWords } from "./rehearsal-words";

const WETH = { symbol: "WETH", address: "0xAb", decimals: 18 };
const USDC = { symbol: "USDC", address: "0xCd", decimals: 6 };
const plan = {
  chains: [
    { id: 1, name: "Ethereum" },
    { id: 8453, name: "Base" },
  ],
  before: [{ chainId: 8453, base: { token: WETH }, quote: { token: USDC } }],
  after: [],
} as unknown as PlanDto;

const step = { index: 0, isOk: true, gasUsed: "1", detail: "" };
const rehearsal = { atMs: 1, isOk: true, detail: "", steps: [] };

it("default: one way for all chains is said once, two ways by the chain's name", () => {
  const one = { number: "1200", chainId: 1, method: "fork" as const };
  const two = { number: "99", chainId: 8453, method: "fork" as const };
  expect(howTried(plan, { ...rehearsal, method: "fork", blocks: [one, two] })).toBe(
    "run on a local copy of the chain, since its node cannot simulate, from block 1,200 and 99",
  );
  expect(howTried(plan, { ...rehearsal, method: "fork", blocks: [one, { ...two, method: "eth_simulateV1" }] })).toBe(
    "Ethereum run on a local copy of the chain, since its node cannot simulate, from block 1,200; Base simulated by the node in one go, state carried from step to step, from block 99",
  );
  expect(howTried(plan, { ...rehearsal, method: "none", blocks: [] })).toBe("not tried");
});

it("default: amounts in the token's own units, an unknown token by its address, supposed arrivals as such", () => {
  const moved = [
    { chainId: 8453, token: "0xaB", amountRaw: "-500000000000000000" },
    { chainId: 8453, token: "0xcd", amountRaw: "1250000000" },
  ] as const;
  expect(stepWords(plan, { ...step, deltas: [...moved] })).toBe("−0.5 WETH, +1,250 USDC");
  expect(stepWords(plan, { ...step, deltas: [{ chainId: 8453, token: "0xee", amountRaw: "7" }] })).toBe(
    "7 units of 0xee",
  );
  const arrivals = [{ chainId: 8453, token: "0xcd" as const, amountRaw: "2000000" }];
  expect(stepWords(plan, { ...step, deltas: [], arrivals, detail: "reverted: STF" })).toBe(
    "tried with the expected arrival of +2 USDC; reverted: STF",
  );
});
