// Endpoints by their signed list: order, drained and removed ones, addresses this machine does not know, configured ones the list does not name.
import { describe, expect, it } from "vitest";
import { chooseEndpoints, endpointId, type EndpointEntry } from "./system-settings";

const DEPLOYMENT = `0x${"11".repeat(32)}` as const;
const ONE = "https://one.example.org/key-1";
const TWO = "https://two.example.org/key-2";
const MINE = "https://mine.example.org/v2/0123456789abcdef0123456789abcdef";
const idOf = (url: string) => endpointId(DEPLOYMENT, url);
const entry = (url: string, use: EndpointEntry["use"] = "use"): EndpointEntry => ({ id: idOf(url), label: url, use });
const choose = (signed: readonly EndpointEntry[] | null, vault: readonly string[] = [MINE]) =>
  chooseEndpoints({
    deploymentId: DEPLOYMENT,
    configured: [ONE, TWO],
    signed,
    vault: new Map(vault.map((url) => [idOf(url), url])),
  });

describe("chooseEndpoints", () => {
  it("happy: without a list the configured ones hold; with one, its order does", () => {
    expect(choose(null).urls).toEqual([ONE, TWO]);
    expect(choose([entry(MINE), entry(TWO), entry(ONE)]).urls).toEqual([MINE, TWO, ONE]);
  });

  it("behavior: drained and removed ones are not asked, and the environment does not bring them back", () => {
    expect(choose([entry(MINE), entry(ONE, "drain"), entry(TWO, "removed")]).urls).toEqual([MINE]);
  });

  it("edge: a configured one that the list does not name was set later and comes last", () => {
    expect(choose([entry(MINE), entry(ONE)]).urls).toEqual([MINE, ONE, TWO]);
  });

  it("error: an address this machine does not know is named; a list that leads nowhere leaves the configured ones", () => {
    const choice = choose([entry(MINE), entry(ONE, "removed"), entry(TWO, "removed")], []);
    expect(choice.unknown).toEqual([idOf(MINE)]);
    expect(choice.urls).toEqual([ONE, TWO]);
  });

  it("behavior: an id says nothing of the address, and is another one in another deployment", () => {
    expect(idOf(MINE)).not.toBe(endpointId(`0x${"22".repeat(32)}`, MINE));
    expect(idOf(MINE)).toMatch(/^0x[0-9a-f]{64}$/);
  });
});
