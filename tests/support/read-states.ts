// Reads pages in the states that a good day never shows: no pairs, sixty of them, hostile and endless names, thousands of transactions, a server that is away or silent.
import type { Page, Route } from "@playwright/test";
import * as z from "zod";

/** Runs if anything treats a text as markup. */
const SCRIPT = `"><img src=x onerror="document.documentElement.dataset.hostile='yes'">`;
/** Markup, a right-to-left override, Arabic, and two hundred letters without a place to break. */
const HOSTILE_NAME = `${SCRIPT} \u202Eevil\u202C \u0645\u0631\u062D\u0628\u0627 ${"W".repeat(200)}`;
/** Fields that hold words of others: names of chains, exchanges and tokens, sentences, causes. */
const WORDS = new Set([
  "name",
  "chainName",
  "dexName",
  "symbol",
  "stateSentence",
  "sentence",
  "worstReason",
  "statusReason",
  "purpose",
  "label",
  "figure",
  "detail",
  "note",
  "effect",
  "cause",
  "lastExit",
]);
/** Of the pairs that are made up: their own answers are those of the real one. */
const MADE_UP = /TOKEN\d+-USDC/;
const SETTLE_LIMIT_MS = 15_000;
const PAIRS = 60;
const PLANS = 200;
const STEPS_A_PLAN = 25;

type Change = (path: string, body: unknown) => unknown;
export type StateName = "no pairs" | "sixty pairs, hostile names" | "away" | "silent";

const record = z.record(z.string(), z.unknown());
const listed = z.looseObject({ pairs: z.array(record) });
const planned = z.looseObject({ plans: z.array(z.looseObject({ ops: z.array(record) })) });

/** Words replaced wherever they are, lists made long. */
const hostile: Change = (path, body) =>
  withHostileWords(path.endsWith("/api/activity") ? manyPlans(body) : manyPairs(body));

const noPairs: Change = (_path, body) => {
  const parsed = listed.safeParse(body);
  return parsed.success ? { ...parsed.data, pairs: [] } : body;
};

function manyPairs(body: unknown): unknown {
  const parsed = listed.safeParse(body);
  const first = parsed.success ? parsed.data.pairs[0] : undefined;
  if (!parsed.success || first === undefined) return body;
  return {
    ...parsed.data,
    pairs: Array.from({ length: PAIRS }, (_, index) => ({ ...first, id: `TOKEN${index}-USDC`, base: `TOKEN${index}` })),
  };
}

function manyPlans(body: unknown): unknown {
  const parsed = planned.safeParse(body);
  const first = parsed.success ? parsed.data.plans.find(({ ops }) => ops.length > 0) : undefined;
  const step = first?.ops[0];
  if (!parsed.success || first === undefined || step === undefined) return body;
  return {
    ...parsed.data,
    plans: Array.from({ length: PLANS }, (_, plan) => {
      const planId = `0x${plan.toString(16).padStart(32, "0")}`;
      return {
        ...first,
        planId,
        ops: Array.from({ length: STEPS_A_PLAN }, (_op, index) => ({ ...step, opId: `${planId}/${index}`, index })),
      };
    }),
  };
}

function withHostileWords(value: unknown, key = ""): unknown {
  if (typeof value === "string") return WORDS.has(key) ? HOSTILE_NAME : value;
  if (Array.isArray(value)) return value.map((each: unknown) => withHostileWords(each, key));
  const parsed = record.safeParse(value);
  if (!parsed.success) return value;
  return Object.fromEntries(Object.entries(parsed.data).map(([name, each]) => [name, withHostileWords(each, name)]));
}

const CHANGES: Readonly<Record<"no pairs" | "sixty pairs, hostile names", Change>> = {
  "no pairs": noPairs,
  "sixty pairs, hostile names": hostile,
};

/** What is wrong with these pages in this state, in words. */
export async function readState(
  page: Page,
  input: {
    readonly base: string;
    /** A pair that is there. */
    readonly pair: string;
    readonly state: StateName;
    readonly paths: readonly string[];
  },
): Promise<readonly string[]> {
  const { state } = input;
  const problems: string[] = [];
  const answer = async (route: Route): Promise<void> => {
    const path = new URL(route.request().url()).pathname;
    if (path.endsWith("/api/stream")) return route.abort();
    // Never answered: the page has to look like one that waits.
    if (state === "silent") return;
    if (state === "away") {
      const error = { code: "unavailable", message: "The store does not answer.", field: null, details: {} };
      return route.fulfill({ status: 503, json: { error } });
    }
    const response = await route.fetch({ url: route.request().url().replace(MADE_UP, input.pair) });
    if (!response.ok()) return route.fulfill({ response });
    const body: unknown = await response.json();
    return route.fulfill({ response, json: CHANGES[state](path, body) });
  };
  // A page that has moved on takes no answer any more.
  const handle = (route: Route): Promise<void> => answer(route).catch(() => undefined);
  await page.route("**/api/**", handle);
  for (const path of input.paths) {
    await page.goto(`${input.base}${path}`);
    await page.getByRole("main").waitFor();
    if (state === "silent") await page.waitForTimeout(200);
    else {
      await page
        .waitForFunction(() => document.querySelector("main [data-skeleton]") === null, null, {
          timeout: SETTLE_LIMIT_MS,
        })
        .catch(() => problems.push(`${path}, ${state}: still loading after ${SETTLE_LIMIT_MS} ms`));
    }
    const seen = await page.evaluate(() => ({
      isLoading: document.querySelector("main [data-skeleton]") !== null,
      text: document.querySelector("main")?.innerText ?? "",
      overflowPx: document.documentElement.scrollWidth - window.innerWidth,
      isTricked: document.documentElement.dataset["hostile"] !== undefined,
    }));
    const say = (what: string): void => {
      problems.push(`${path}, ${state}: ${what}`);
    };
    if (seen.isTricked) say("a name was run as markup");
    if (seen.overflowPx > 0) say(`${seen.overflowPx} px wider than the window`);
    if (/\b(NaN|Infinity|undefined|\[object Object\])\b/.test(seen.text))
      say(`shows ${/NaN|Infinity|undefined|\[object Object\]/.exec(seen.text)?.[0]}`);
    if (seen.text.trim() === "" && !seen.isLoading) say("shows nothing");
    if (state === "silent" && !seen.isLoading) say("does not look as if it waits");
    if (state === "away" && !/no answer|does not answer/i.test(seen.text)) say("does not say that there is no answer");
    if (state === "sixty pairs, hostile names" && /No answer for/.test(seen.text)) say("could not be read at all");
  }
  await page.unrouteAll({ behavior: "ignoreErrors" });
  return problems;
}
