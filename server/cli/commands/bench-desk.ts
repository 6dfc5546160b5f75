// The desk as a person meets it, in a real browser over a running demo with ninety days of history: how soon a page is there, how soon it answers, how soon a block is on it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "@playwright/test";
import * as z from "zod";
import { contract } from "@/lib/api/contract";
import { formatPrice } from "@/lib/format/price";
import { openStreams, readsPerSecond, type SeenEvent } from "./bench-clients";
import { historyTargetSchema, writeHistory } from "./bench-history";

type Print = (name: string, value: number, unit: string) => void;

const BROWSER_FLAGS = [
  "--no-sandbox",
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const LOADS = 5;
const STREAMS = 200;
const MARKS_WANTED = 100;
const MARKS_LIMIT_MS = 150_000;
/** A busy machine is measured too. */
const READY_LIMIT_MS = 180_000;
const READS_PER_SEC = 200;
const READ_SECONDS = 10;
/** Slower than this an input is not timed by the browser at all. */
const LEAST_EVENT_MS = 16;

export async function benchDesk(
  input: { readonly base: string; readonly dataDir: string; readonly pairId: string; readonly chrome: string },
  print: Print,
): Promise<void> {
  const base = input.base.replace(/\/$/, "");
  const target = historyTargetSchema.parse(JSON.parse(readFileSync(join(input.dataDir, "run.json"), "utf8")));
  const epochs = await read(base, contract.pairEpochs, `/api/pairs/${input.pairId}/epochs?limit=3000`);
  const { pools } = await read(base, contract.pools, `/api/pools?pair=${input.pairId}`);
  const written = await writeHistory(target, {
    pairId: input.pairId,
    firstEpoch: epochs.epochs[0]?.epoch ?? Math.floor(Date.now() / 900_000),
    poolKeys: pools.map((pool) => pool.poolKey),
  });
  print("desk_history_epochs", written, "count");
  const { plans } = await read(base, contract.plans, "/api/plans?limit=50");
  const plan = plans.find((each) => each.status === "waiting_approval") ?? plans[0];
  const pages: Readonly<Record<string, { readonly path: string; readonly acts: readonly Act[] }>> = {
    overview: { path: "/overview", acts: OVERVIEW_ACTS },
    pair: { path: `/pairs/${input.pairId}?window=30d`, acts: PAIR_ACTS },
    ...(plan === undefined ? {} : { approval: { path: `/approvals/${plan.planId}`, acts: [] } }),
  };
  const browser = await chromium.launch({ executablePath: input.chrome, headless: true, args: BROWSER_FLAGS });
  try {
    for (const [name, { path, acts }] of Object.entries(pages)) {
      const loads: Load[] = [];
      for (let count = 0; count < LOADS; count += 1) loads.push(await load(browser, `${base}${path}`, acts));
      print(`desk_${name}_lcp_p50_ms`, middle(loads.map((each) => each.lcpMs)), "ms");
      print(`desk_${name}_lcp_max_ms`, Math.max(...loads.map((each) => each.lcpMs)), "ms");
      const slowest = loads.flatMap((each) => each.eventsMs);
      print(`desk_${name}_interaction_max_ms`, Math.max(0, ...slowest), "ms");
    }
    const crowd = await openStreams(new URL(base), STREAMS);
    print("desk_stream_clients", crowd.open, "count");
    const pixelsMs = await eventToPixel(browser, `${base}/pairs/${input.pairId}`, input.pairId, crowd.events);
    print("desk_event_to_pixel_p50_ms", quantile(pixelsMs, 0.5), "ms");
    print("desk_event_to_pixel_p99_ms", quantile(pixelsMs, 0.99), "ms");
    print("desk_event_to_pixel_count", pixelsMs.length, "count");
    print("desk_event_to_client_p99_ms", quantile(crowd.delaysMs, 0.99), "ms");
    crowd.end();
    const times = await readsPerSecond(new URL(base), {
      paths: [
        "/api/pairs",
        `/api/pairs/${input.pairId}/status`,
        `/api/pairs/${input.pairId}/positions`,
        "/api/overview",
        "/api/plans?limit=20",
      ],
      perSec: READS_PER_SEC,
      seconds: READ_SECONDS,
    });
    print("desk_reads_200_per_s_p50_ms", quantile(times, 0.5), "ms");
    print("desk_reads_200_per_s_p99_ms", quantile(times, 0.99), "ms");
  } finally {
    await browser.close();
  }
}

async function read<R extends z.ZodType>(
  base: string,
  route: { readonly response: R },
  path: string,
): Promise<z.output<R>> {
  const response = await fetch(`${base}${path}`);
  if (!response.ok) throw new Error(`expected GET ${path} to answer, got ${response.status}`);
  return route.response.parse(await response.json());
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function middle(values: readonly number[]): number {
  return quantile(values, 0.5);
}

interface Load {
  readonly lcpMs: number;
  readonly eventsMs: readonly number[];
}
type Act = (page: Page) => Promise<void>;

const OVERVIEW_ACTS: readonly Act[] = [
  (page) => page.getByRole("button", { name: "Last 14 days, $ as table" }).click(),
  (page) => page.getByRole("button", { name: "Last 14 days, $ as table" }).click(),
  (page) => page.keyboard.press("?"),
  (page) => page.keyboard.press("Escape"),
];
const PAIR_ACTS: readonly Act[] = [
  (page) => page.getByRole("button", { name: "7 d", exact: true }).click(),
  (page) => page.getByRole("button", { name: "30 d", exact: true }).click(),
  (page) => page.getByRole("button", { name: "Candles", exact: true }).click(),
  (page) => page.getByRole("button", { name: "Strategy", exact: true }).click(),
  (page) => page.getByRole("button", { name: "Running", exact: true }).click(),
  (page) => page.getByRole("button", { name: /Turn them round$/ }).click(),
  (page) => page.getByRole("button", { name: "Price and range as table" }).click(),
];

/** A visitor without a cache: the largest paint, then every act with the time the browser gives for it. */
async function load(browser: Browser, url: string, acts: readonly Act[]): Promise<Load> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark" });
  const page = await context.newPage();
  page.setDefaultTimeout(READY_LIMIT_MS);
  await page.addInitScript((leastMs) => {
    const options: PerformanceObserverInit & { durationThreshold: number } = {
      type: "event",
      durationThreshold: leastMs,
    };
    const seen = { lcpMs: 0, eventsMs: new Array<number>() };
    Object.assign(window, { tgBench: seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.lcpMs = entry.startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.eventsMs.push(entry.duration);
    }).observe(options);
  }, LEAST_EVENT_MS);
  await page.goto(url);
  await page.getByRole("main").waitFor();
  await page.waitForFunction(() => document.querySelector("[data-skeleton]") === null, null, {
    timeout: READY_LIMIT_MS,
  });
  for (const act of acts) {
    await act(page);
    await page.waitForTimeout(400);
  }
  if (acts.length === 0) {
    // A click on the page's own words: the browser reports no largest paint before somebody touches the page or leaves it.
    await page.mouse.click(720, 12);
    await page.waitForTimeout(400);
  }
  const seen = z
    .object({ lcpMs: z.number(), eventsMs: z.array(z.number()) })
    .parse(await page.evaluate(() => Object.getOwnPropertyDescriptor(window, "tgBench")?.value));
  await context.close();
  return seen;
}

/** From the store's taking of a price to the frame that shows it (or a newer one). */
async function eventToPixel(
  browser: Browser,
  url: string,
  pairId: string,
  events: readonly SeenEvent[],
): Promise<readonly number[]> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  await page.getByTestId("pair-price").waitFor();
  await page.waitForFunction(() => document.querySelector("[data-skeleton]") === null, null, {
    timeout: READY_LIMIT_MS,
  });
  await page.evaluate(() => {
    const seen: { text: string; atMs: number }[] = [];
    Object.assign(window, { tgPixels: seen });
    const price = document.querySelector("[data-testid=pair-price]");
    let last = price?.textContent ?? "";
    new MutationObserver(() => {
      const text = price?.textContent ?? "";
      if (text === last) return;
      last = text;
      // The frame after the next one begins when this one has been shown.
      requestAnimationFrame(() => requestAnimationFrame(() => seen.push({ text, atMs: Date.now() })));
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  const fromMs = Date.now();
  const marks = (): { readonly atMs: number; readonly text: string }[] =>
    events.flatMap(({ atMs, event }) =>
      event.type === "pair.mark" && event.pairId === pairId && atMs > fromMs
        ? [{ atMs, text: formatPrice(event.price) }]
        : [],
    );
  while (marks().length < MARKS_WANTED && Date.now() - fromMs < MARKS_LIMIT_MS) await page.waitForTimeout(500);
  // The last ones get the time to arrive.
  await page.waitForTimeout(3_000);
  const pixels = z
    .array(z.object({ text: z.string(), atMs: z.number() }))
    .parse(await page.evaluate(() => Object.getOwnPropertyDescriptor(window, "tgPixels")?.value));
  await page.close();
  const all = marks();
  return all.flatMap((mark, index) => {
    if (mark.text === all[index - 1]?.text) return [];
    const orNewer = new Set(all.slice(index).map(({ text }) => text));
    const pixel = pixels.find(({ atMs, text }) => atMs >= mark.atMs && orNewer.has(text));
    return pixel === undefined ? [] : [pixel.atMs - mark.atMs];
  });
}
