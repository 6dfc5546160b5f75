// Why an input is not trusted, in words: what it is, what is wrong with it, and what was measured.
import { shortFigures } from "@/lib/format/number";
import { formatFeePips } from "@/lib/format/percent";
import type { EpochRecord } from "./epoch-record";

type Distrust = NonNullable<NonNullable<EpochRecord["decision"]>["detail"]>;

/** Rules of strategy.md section 10, as what is wrong when one is broken. */
const WRONG: Readonly<Record<string, string>> = {
  known_position_on_chain: "is not on the chain as the journal knows it",
  max_age: "too old",
  min_bars: "have too few closed bars",
  pool_state: "could not be read",
  reachable: "does not answer",
  readable: "could not be read",
  spot_vs_cex: "its price is too far from the exchanges",
  spot_vs_twap: "its price is too far from its own 5 min average",
  venue_quorum: "too few of them agree",
  volume_age: "its volumes are too old",
};

/** `Uniswap V3 0.05 %: its price is too far from its own 5 min average (211.6 ticks from it, at most 100)`. */
export function distrustWords(
  { input, rule, ageMs }: Distrust,
  record: Pick<EpochRecord, "pools" | "freshness">,
): string {
  const measured = record.freshness.find((each) => each.input === input && each.rule === rule)?.detail ?? "";
  const age = ageMs === null ? "" : `, ${Math.round(ageMs / 1000)} s old`;
  const facts = measured === "" ? "" : ` (${shortFigures(measured)})`;
  return `${inputWords(input, record.pools)}${age}: ${WRONG[rule] ?? rule.replaceAll("_", " ")}${facts}`;
}

function inputWords(input: string, pools: EpochRecord["pools"]): string {
  const [kind = "", ...rest] = input.split(":");
  const name = rest.join(":");
  switch (kind) {
    case "pool": {
      const pool = pools.find((each) => each.poolKey === name);
      const hex = rest.at(-1) ?? "";
      return pool === undefined
        ? `the pool ${hex.slice(0, 6)}…${hex.slice(-4)}`
        : `${pool.dexName} ${formatFeePips(pool.feeFrac * 1_000_000)}`;
    }
    case "candles":
      return name === "" ? "the exchanges' candles" : `the candles of ${name}`;
    case "chain":
      return `chain ${name}`;
    case "quoteUsd":
      return "the dollar price of the quote";
    case "position":
      return `position #${rest.at(-1) ?? ""}`;
    default:
      return input;
  }
}
