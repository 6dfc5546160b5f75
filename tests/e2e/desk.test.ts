// The desk in a real browser on a real run: what an operator sees, signs and triggers, and that every page can be read by everybody.
import { cpus, loadavg } from "node:os";
import { rmSync } from "node:fs";
import { chromium, type BrowserContext, type Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { contract } from "@/lib/api/contract";
import { formatUsd } from "@/lib/format/usd";
import { FIRST_LOAD_LIMIT_BYTES, firstLoadBytes } from "@/server/cli/commands/bench-first-load";
import { deskRoutes } from "@/tests/support/desk-routes";
import { readPages } from "@/tests/support/read-pages";
import { readState } from "@/tests/support/read-states";
import { requires } from "@/tests/support/requires";
import { startDemo, waitFor, type RunningDemo } from "@/tests/support/running-demo";

const AUTO = "WETH-USDC";
const APPROVE = "USDC-USDT";
const LIMIT_MS = 240_000;
const PAGE_LIMIT_MS = 45_000;
/** Issue 2: out of range is seen on the page within 2 s of the block. A machine with more work than cores gets slack. */
const SEEN_LIMIT_MS = 2_000;
const SEEN_LIMIT_BUSY_MS = 10_000;
/** Runnable processes per core beyond which a limit in wall time says more about the machine than about Tidegate. */
const BUSY_LOAD = 1.5;
const chrome = requires("chromium", "desk in Chromium");
let demo: RunningDemo;
let context: BrowserContext;
let page: Page;
const consoleErrors: string[] = [];
/** What has really started; undone backwards. */
const endings: (() => Promise<void>)[] = [];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function numberOf(text: string): number {
  return Number(text.replaceAll(",", ""));
}

function address(path: string): string {
  return `${demo.apiUrl}${path}`;
}

function loadPerCore(): number {
  return (loadavg()[0] ?? 0) / cpus().length;
}

function listen(target: Page): void {
  target.on("console", (message) => {
    if (message.type() === "error") consoleErrors.push(`${target.url()}: ${message.text()} ${message.location().url}`);
  });
  target.on("pageerror", (error) => consoleErrors.push(`${target.url()}: ${error.message}`));
}

/**
 * Stops the market and opens the page anew, so that page and API speak of the same block: between epochs an open page
 * moves price and range state with each block and reads amounts again once a minute.
 */
async function still(compare: () => Promise<void>): Promise<void> {
  await demo.control("/pause", { paused: true });
  try {
    // The last look of the workers is written.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await page.reload();
    await waitFor("the page shows the API's numbers", PAGE_LIMIT_MS, async () => {
      await compare();
      return true;
    });
  } finally {
    await demo.control("/pause", { paused: false });
  }
}

async function statusOf(id: string) {
  return demo.read(contract.pairStatus, { params: { id } });
}

async function planOf(planId: string) {
  return demo.read(contract.plan, { params: { planId } });
}

function settled(planId: string) {
  return waitFor(`the end of plan ${planId}`, LIMIT_MS, async () => {
    const plan = await planOf(planId);
    if (["waiting_approval", "approved", "executing"].includes(plan.status)) throw new Error(plan.statusReason);
    return plan;
  });
}

function positionOf(pairId: string) {
  return waitFor(`a position of ${pairId}`, LIMIT_MS, async () => {
    const { positions } = await demo.read(contract.pairPositions, { params: { id: pairId } });
    const { openPlanId } = await statusOf(pairId);
    return openPlanId === null ? (positions[0] ?? null) : null;
  });
}

/** Every page there is, those with parameters at something that the run has. */
async function routes(): Promise<readonly string[]> {
  const { plans } = await demo.read(contract.plans, { query: { limit: "1" } });
  const { positionId } = await positionOf(AUTO);
  const { pools } = await demo.read(contract.pools, { query: { pair: AUTO } });
  const { decisions } = await demo.read(contract.pairDecisions, { params: { id: AUTO }, query: { limit: "1" } });
  // The plan that waited for its approval has left one, if nothing is out of order now.
  const alert = await waitFor("an alert, open or past", LIMIT_MS, async () => {
    const { open, history } = await demo.read(contract.alerts);
    return open[0] ?? history[0] ?? null;
  });
  return deskRoutes({
    "/pairs/[id]": [
      `/pairs/${AUTO}`,
      `/pairs/${APPROVE}?charts=strategy&draw=candles`,
      `/pairs/${AUTO}?charts=running`,
    ],
    "/pairs/[id]/decisions/[epoch]": decisions.map(({ epoch }) => `/pairs/${AUTO}/decisions/${epoch}`),
    "/positions/[id]": [`/positions/${encodeURIComponent(positionId)}?pair=${AUTO}`],
    "/approvals/[planId]": plans.map(({ planId }) => `/approvals/${planId}`),
    "/activity/[planId]": plans.map(({ planId }) => `/activity/${planId}`),
    "/pools/[chain]/[address]": pools.slice(0, 1).map(({ chainId, address: pool }) => `/pools/${chainId}/${pool}`),
    "/alerts/[id]": [`/alerts/${alert.id}`],
    "/docs/[...slug]": ["/docs/authority"],
  });
}

describe.skipIf(!chrome.available)("desk", () => {
  beforeAll(async () => {
    demo = await startDemo({ seed: 7, fresh: true });
    endings.push(async () => {
      await demo.stop();
      rmSync(demo.dataDir, { recursive: true, force: true });
    });
    const browser = await chromium.launch({
      executablePath: chrome.location,
      headless: true,
      args: [
        "--no-sandbox",
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    endings.push(() => browser.close());
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "dark" });
    context.setDefaultTimeout(PAGE_LIMIT_MS);
    page = await context.newPage();
    listen(page);
    say(`desk: demo with web ready after ${seconds(demo.startMs)}`);
  }, 480_000);

  afterAll(async () => {
    for (const end of endings.toReversed()) await end();
  }, 60_000);

  it("desk: the overview shows money and five lamps as the API says", async () => {
    await page.goto(address("/overview"));
    const row = page.getByRole("region", { name: "State of the system" });
    for (const lamp of ["Money", "Decisions", "Workers", "Data and chain", "Attention"]) {
      await row.getByRole("link", { name: new RegExp(`^${lamp}\\s*,`) }).waitFor();
    }
    await still(async () => {
      const { money, lamps } = await demo.read(contract.overview);
      const text = await page.getByRole("main").innerText();
      expect(text).toContain(formatUsd(money.totalUsd));
      expect(text).toContain(money.ledger?.sentence ?? "no ledger");
      const figures = lamps.filter(({ id }) => id === "money" || id === "workers");
      for (const { figure } of figures) expect(text).toContain(figure);
    });
    const { money } = await demo.read(contract.overview);
    const { total, pairs } = await demo.read(contract.moneyReport, { query: { period: "30d" } });
    const costsUsd = total.gasUsd + total.swapCostUsd + total.bridgeCostUsd;
    expect(total.feesUsd + total.hodlUsd - total.lvrUsd - costsUsd).toBeCloseTo(total.netUsd, 6);
    expect(pairs.reduce((sum, { changeUsd }) => sum + changeUsd, 0)).toBeCloseTo(total.changeUsd, 6);
    say(`overview: ${formatUsd(money.totalUsd)}, ${money.ledger?.sentence}`);
  });

  it("desk: signs in with the demo wallet", async () => {
    await page.getByRole("button", { name: "Connect a wallet and sign in" }).click();
    const dialog = page.getByRole("dialog", { name: "Connect a wallet and sign in" });
    await dialog.getByRole("button", { name: /owner$/ }).click();
    await page.getByRole("button", { name: /^Signed in as .*owner$/ }).waitFor();
  });

  it("desk: the waiting plan is approved on its card and carried out", async () => {
    // A market that stands still: a stable pair's price moves over single ticks, and a range may begin at one.
    await demo.control("/volatility", { pairId: APPROVE, factor: 0 });
    const waiting = await waitFor(`a plan of ${APPROVE} that waits`, LIMIT_MS, async () => {
      const { plans } = await demo.read(contract.plans, { query: { status: "waiting_approval", pair: APPROVE } });
      return plans[0] ?? null;
    });
    const waitedMs = performance.now();
    await page.goto(address("/approvals"));
    await page
      .getByRole("region", { name: "Waiting for a signature" })
      .getByRole("link", { name: new RegExp(APPROVE) })
      .click();
    await page.waitForURL(`**/approvals/${waiting.planId}`);
    const approve = page.getByRole("button", { name: "Approve with wallet" }).and(page.locator(":visible"));
    await approve.waitFor();
    const shown = await page.getByRole("main").innerText();
    expect(shown).toContain(formatUsd(waiting.forecast.costUsd));
    await approve.click();
    const plan = await settled(waiting.planId);
    expect(`${plan.status}: ${plan.statusReason}`).toBe("done: every step is verified");
    expect(plan.approvals).toHaveLength(1);
    await page.getByRole("main").getByText("Done", { exact: true }).first().waitFor();
    await demo.control("/volatility", { pairId: APPROVE, factor: 1 });
    say(
      `approval: ${plan.kind} of ${APPROVE}, ${plan.steps.length} steps, done ${seconds(performance.now() - waitedMs)} after the card was opened`,
    );
  });

  it("desk: the pair page shows the API's positions to the last digit", async () => {
    await positionOf(AUTO);
    await page.goto(address(`/pairs/${AUTO}`));
    await page.getByTestId("position").first().waitFor();
    let count = 0;
    await still(async () => {
      const { positions } = await demo.read(contract.pairPositions, { params: { id: AUTO } });
      const status = await statusOf(AUTO);
      const table = page.getByRole("table", { name: "Positions" });
      const raws = await table
        .locator("[data-raw]")
        .evaluateAll((cells) => cells.map((cell) => cell.getAttribute("data-raw")));
      expect(raws).toEqual(
        positions.flatMap(({ base, quote, feesBase, feesQuote }) => [base.raw, quote.raw, feesBase.raw, feesQuote.raw]),
      );
      const text = await table.innerText();
      for (const position of positions) {
        expect(text).toContain(formatUsd(position.valueUsd));
        expect(text).toContain(`#${position.tokenId}`);
      }
      expect(await page.getByTestId("pair-state").getAttribute("data-state")).toBe(status.state);
      count = raws.length;
    });
    say(`pair page: ${count} amounts equal to the API's raw units`);
  });

  it("desk: a range that was dragged and moved by keys is previewed, signed and carried out", async () => {
    // A market that stands still: on a slow machine a trend would carry the price past the edge before the mint.
    await demo.control("/volatility", { pairId: AUTO, factor: 0 });
    const before = await positionOf(AUTO);
    await page.goto(address(`/pairs/${AUTO}`));
    await page.getByRole("button", { name: "Shift range" }).click();
    const dialog = page.getByRole("dialog", { name: `Shift a range of ${AUTO}` });
    const field = (name: string) => dialog.getByLabel(new RegExp(`^${name}, `));
    const [upper, lower] = [field("Upper price"), field("Lower price")];
    const [upperBefore, lowerBefore] = [await upper.inputValue(), await lower.inputValue()];
    await dialog.getByRole("slider", { name: "Upper edge" }).press("ArrowUp");
    expect(numberOf(await upper.inputValue())).toBeGreaterThan(numberOf(upperBefore));
    const grip = dialog.locator('[data-handle="lower"] .grip');
    await grip.scrollIntoViewIfNeeded();
    const box = await grip.boundingBox();
    if (box === null) throw new Error("the lower edge has no grip");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    // Far enough for the widest spacing: less than half a step snaps back.
    await page.mouse.move(x, y - 110, { steps: 8 });
    await page.mouse.up();
    expect(numberOf(await lower.inputValue())).toBeGreaterThan(numberOf(lowerBefore));
    // Back by keys where the hand went past the price: a range beside it would hold one token only.
    const { price } = await statusOf(AUTO);
    for (let steps = 0; steps < 12 && numberOf(await lower.inputValue()) > 0.985 * (price ?? 0); steps += 1)
      await dialog.getByRole("slider", { name: "Lower edge" }).press("ArrowDown");
    await dialog.locator('[data-outcome="Fees a day"]').filter({ hasText: "$" }).waitFor();
    const askedMs = performance.now();
    await dialog.getByRole("button", { name: "Ask for this shift with wallet" }).click();
    const mine = await waitFor("a plan made from the signed command", LIMIT_MS, async () => {
      const { plans } = await demo.read(contract.plans, { query: { pair: AUTO } });
      const note = await dialog.getByRole("status").allInnerTexts();
      const plan = plans.find(({ origin }) => origin.kind === "command");
      if (plan === undefined) throw new Error(`the dialog says: ${note.join(" ")}`);
      return plan;
    });
    const plan = await settled(mine.planId);
    expect(`${plan.status}: ${plan.statusReason}`).toBe("done: every step is verified");
    await dialog.getByRole("status").getByText("Done").waitFor();
    await page.keyboard.press("Escape");
    // Positions are the worker's reading of the chain, a moment behind the signer's word that the plan is done.
    const after = await waitFor("the new position, and the old one gone", LIMIT_MS, async () => {
      const { positions } = await demo.read(contract.pairPositions, { params: { id: AUTO } });
      const isOldGone = positions.every(({ positionId }) => positionId !== before.positionId);
      return isOldGone ? (positions[0] ?? null) : null;
    });
    await demo.control("/volatility", { pairId: AUTO, factor: 1 });
    say(
      `manual shift: ticks ${before.tickLower}..${before.tickUpper} to ${after.tickLower}..${after.tickUpper}, done after ${seconds(performance.now() - askedMs)}`,
    );
  });

  it("desk: a pair is paused and resumed with signatures", async () => {
    await page.goto(address(`/pairs/${APPROVE}`));
    const state = page.getByTestId("pair-state");
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason, kept in the command log").fill("checked by a test");
    await dialog.getByRole("button", { name: `Pause ${APPROVE} with wallet` }).click();
    await page.locator('[data-testid="pair-state"][data-state="paused"]').waitFor();
    expect((await statusOf(APPROVE)).pause).toMatchObject({ kind: "no_new_risk", reason: "checked by a test" });
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: `Resume ${APPROVE} with wallet` })
      .click();
    await waitFor("the pair is not paused any more", PAGE_LIMIT_MS, async () => {
      const shown = await state.getAttribute("data-state");
      if (shown === "paused") throw new Error(`the page shows ${shown}`);
      return (await statusOf(APPROVE)).pause === null ? true : null;
    });
    await page.keyboard.press("Escape");
  });

  it("desk: a price move of 5 % is seen at once, and the next epoch decides with a readable reason", async () => {
    await positionOf(AUTO);
    await page.goto(address(`/pairs/${AUTO}`));
    await page.locator('[data-testid="pair-state"][data-state="in_range"]').waitFor({ timeout: LIMIT_MS });
    const epochBefore = (await statusOf(AUTO)).epoch?.epoch ?? 0;
    await page.evaluate(() => {
      new MutationObserver(() => {
        if (document.querySelector('[data-testid="pair-state"][data-state="out_of_range"]') === null) return;
        document.documentElement.dataset["outSeenAtMs"] ??= String(Date.now());
      }).observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    const firstSeen = new Map<bigint, number>();
    const watch = { on: true };
    const watching = (async () => {
      while (watch.on) {
        const number = BigInt(z.string().parse(await demo.rpc("eth_blockNumber", [])));
        if (!firstSeen.has(number)) firstSeen.set(number, Date.now());
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    })();
    const moved = z
      .looseObject({ block: z.string() })
      .parse(await demo.control("/price", { pairId: AUTO, moveFrac: 0.05 }));
    const outSeenAtMs = await waitFor("out of range on the page", PAGE_LIMIT_MS, async () => {
      const text = await page.evaluate(() => document.documentElement.dataset["outSeenAtMs"] ?? null);
      return text === null ? null : Number(text);
    });
    watch.on = false;
    await watching;
    const blockSeenAtMs = firstSeen.get(BigInt(moved.block));
    if (blockSeenAtMs === undefined) throw new Error(`block ${moved.block} was not seen while polling`);
    const load = loadPerCore();
    const limitMs = load > BUSY_LOAD ? SEEN_LIMIT_BUSY_MS : SEEN_LIMIT_MS;
    say(
      `price +5 %: out of range on the page ${outSeenAtMs - blockSeenAtMs} ms after block ${moved.block} (limit ${limitMs} ms; load ${load.toFixed(1)} per core)`,
    );
    expect(outSeenAtMs - blockSeenAtMs).toBeLessThanOrEqual(limitMs);
    const decided = await waitFor("the decision of the next epoch", LIMIT_MS, async () => {
      const { decisions } = await demo.read(contract.pairDecisions, { params: { id: AUTO }, query: { limit: "5" } });
      return decisions.find(({ epoch, record }) => epoch > epochBefore && record.wallAtMs >= outSeenAtMs) ?? null;
    });
    const reason = decided.record.decision?.reason ?? "";
    expect(reason).not.toBe("");
    await waitFor("the reason on the page", PAGE_LIMIT_MS, async () => {
      const words = await page.getByRole("main").innerText();
      const { epoch } = await statusOf(AUTO);
      const shown = epoch?.decision?.reason.replaceAll("_", " ") ?? reason;
      if (!words.includes(`reason ${shown}`)) throw new Error(`the page does not say "reason ${shown}"`);
      return true;
    });
    say(`next epoch ${decided.epoch}: ${decided.record.decision?.kind} (${reason}): ${decided.sentence}`);
  });

  it("desk: the lab opens on a finished run, and runs another one in the browser and keeps it", async () => {
    await page.goto(address("/lab"));
    await page.getByRole("heading", { name: "Twins: the same money on the same data" }).waitFor();
    for (const twin of ["Hold", "Carry", "Ancestor (reconstruction)"])
      expect(await page.getByRole("row").filter({ hasText: twin }).count()).toBeGreaterThan(0);
    await page.getByText("Simulated market").first().waitFor();
    await page.getByLabel("From (UTC)").fill("2026-11-09");
    await page.getByLabel("Windows").fill("1");
    const startedAtMs = Date.now();
    await page.getByRole("button", { name: "Run the backtest" }).click();
    await page.waitForURL(/[?&]run=/, { timeout: LIMIT_MS });
    await page.getByText("9 Nov 00:00 to 13 Nov 00:00 UTC").first().waitFor();
    say(`a run of 4 days in the browser took ${seconds(Date.now() - startedAtMs)}`);
    // It is still there when the page is opened anew.
    await page.reload();
    await page.getByText("9 Nov 00:00 to 13 Nov 00:00 UTC").first().waitFor();
  });

  it("desk: the preview changes range and outcome as a parameter moves, and goes back to the epoch", async () => {
    await page.goto(address(`/pairs/${AUTO}?preview=true`));
    const back = page.getByRole("button", { name: "Back to the epoch" });
    await back.waitFor();
    // The term, then its value in the epoch, then in the preview.
    const half = page.locator("dt", { hasText: "Half-width" }).locator("xpath=following-sibling::dd[2]");
    const before = await half.innerText();
    expect(before).toMatch(/^\d+\.\d+.%$/);
    const slider = page.getByRole("slider", { name: "Widest half-width" });
    for (let press = 0; press < 20; press += 1) await slider.press("ArrowRight");
    await waitFor("another half-width", PAGE_LIMIT_MS, async () => {
      if ((await half.innerText()) === before) throw new Error(`still ${before}`);
      return true;
    });
    await back.click();
    await waitFor("the epoch's half-width", PAGE_LIMIT_MS, async () => {
      if ((await half.innerText()) !== before) throw new Error(`not yet ${before}`);
      return true;
    });
  });

  it("desk: a page needs at most 250 kB of code before it can be used", async () => {
    const sizes = await firstLoadBytes(demo.apiUrl, await routes());
    for (const [route, bytes] of sizes) say(`first load ${route}: ${(bytes / 1000).toFixed(1)} kB gzip`);
    expect([...sizes].filter(([, bytes]) => bytes > FIRST_LOAD_LIMIT_BYTES)).toEqual([]);
  });

  it("desk: an unknown pair is a 404 that says so", async () => {
    const other = await context.newPage();
    const response = await other.goto(address("/pairs/NOPE-USDC"));
    expect(response?.status()).toBe(404);
    await other.getByText("There is nothing at this address.").waitFor();
    await other.close();
  });

  it("desk: every page is readable by everybody, dark and light, wide and narrow, without errors", async () => {
    // The desk has been live in every test before; standing still saves the machine's time here.
    await page.goto("about:blank");
    await demo.control("/pause", { paused: true });
    const startedMs = performance.now();
    const all = await routes();
    const { checks, shots, problems } = await readPages({ context, base: demo.apiUrl, routes: all, listen });
    say(
      `pages: ${all.length} routes, ${checks} axe runs, ${shots} pictures, ${problems.length} problems, ${consoleErrors.length} console errors in ${seconds(performance.now() - startedMs)}`,
    );
    for (const text of consoleErrors) say(`    console: ${text}`);
    expect(problems).toEqual([]);
    // The store has 800 ms for an answer; on a machine with more work than cores a read may say 503 once and is repeated.
    const isBusy = loadPerCore() > BUSY_LOAD;
    expect(consoleErrors.filter((text) => !isBusy || !text.includes("status of 503"))).toEqual([]);
  }, 480_000);

  it("desk: no pairs, sixty with hostile names, five thousand steps, no answer and no word are all readable on a phone", async () => {
    const other = await context.newPage();
    await other.setViewportSize({ width: 360, height: 740 });
    const lists = ["/pairs", "/pools", "/activity"];
    const { positions } = await demo.read(contract.pairPositions, { params: { id: AUTO } });
    const cards = positions
      .slice(0, 1)
      .map(({ positionId }) => `/positions/${encodeURIComponent(positionId)}?pair=${AUTO}`);
    const problems = [
      ...(await readState(other, {
        base: demo.apiUrl,
        pair: AUTO,
        state: "no pairs",
        paths: ["/overview", "/pairs", "/reports"],
      })),
      ...(await readState(other, {
        base: demo.apiUrl,
        pair: AUTO,
        state: "sixty pairs, hostile names",
        paths: [...lists, "/overview", "/approvals", "/system", "/positions", ...cards],
      })),
      ...(await readState(other, {
        base: demo.apiUrl,
        pair: AUTO,
        state: "away",
        paths: [...lists, "/overview", `/pairs/${AUTO}`, "/approvals"],
      })),
      ...(await readState(other, {
        base: demo.apiUrl,
        pair: AUTO,
        state: "silent",
        paths: ["/overview", `/pairs/${AUTO}`],
      })),
    ];
    await other.close();
    expect(problems).toEqual([]);
  }, 240_000);
});
