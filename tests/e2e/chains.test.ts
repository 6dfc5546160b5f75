// Pools and endpoints on a real run in Chromium: a pool is found by its address, checked and added; an endpoint is tested, put first and used, while the pair decides.
import { rmSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contract } from "@/lib/api/contract";
import { openDeskBrowser, signInAsOwner, type DeskBrowser } from "@/tests/support/desk-browser";
import { openUnknownPool } from "@/tests/support/open-pool";
import { requires } from "@/tests/support/requires";
import { startDemo, waitFor, type RunningDemo } from "@/tests/support/running-demo";

const PAIR = "WETH-USDC";
const LIMIT_MS = 120_000;
const KEY = "k".repeat(8).concat("0123456789abcdef");

const chrome = requires("chromium", "pools and endpoints in Chromium");
let demo: RunningDemo;
let desk: DeskBrowser;
let page: Page;
const endings: (() => Promise<void> | void)[] = [];

function rows(caption: string) {
  return page.getByRole("group", { name: caption }).getByRole("row");
}

async function epochOf(): Promise<number> {
  const { snapshots } = await demo.read(contract.pairSnapshots, { params: { id: PAIR }, query: { limit: "1" } });
  return snapshots[0]?.epoch ?? 0;
}

/** An endpoint of another chain, on this machine as the sandbox's are. */
async function otherChain(): Promise<string> {
  const server = createServer((_request, response) => {
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x1" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endings.push(() => void server.close());
  const place = server.address();
  if (place === null || typeof place === "string") throw new Error("the other endpoint has no port");
  return `http://127.0.0.1:${place.port}`;
}

/** The caps that the depth carries are listed as a diff of their own; what is typed instead is signed as a version. */
async function signCaps(panel: Locator): Promise<void> {
  const caps = panel.getByRole("region", { name: "Limits of the pair" });
  await caps.getByRole("button", { name: "Take what the depth carries" }).click();
  const changes = caps.getByRole("list", { name: "Changes of the limits" });
  expect(await changes.innerText()).toMatch(
    /Per transaction[\s\S]*Per plan[\s\S]*Per day[\s\S]*version \d+ → version \d+/,
  );
  await caps.getByLabel("Per transaction, $").fill("100000");
  await caps.getByLabel("Per plan, $").fill("200000");
  await caps.getByLabel("Per day, $", { exact: true }).fill("800000");
  await caps.getByRole("button", { name: "Sign these limits with wallet" }).click();
  await caps.getByText("Done", { exact: true }).waitFor({ timeout: LIMIT_MS });
  const kept: unknown = await page.evaluate(async (path) => (await fetch(path)).json(), `/api/pairs/${PAIR}/config`);
  expect(kept).toMatchObject({ settings: { limits: { maxUsdPerTx: 100_000, maxUsdPerDay: 800_000 } } });
}

describe.skipIf(!chrome.available)("pools and endpoints", () => {
  beforeAll(async () => {
    demo = await startDemo({ seed: 7, fresh: true, chains: 1, speed: 600 });
    endings.push(async () => {
      await demo.stop();
      rmSync(demo.dataDir, { recursive: true, force: true });
    });
    desk = await openDeskBrowser(chrome.location);
    endings.push(() => desk.close());
    ({ page } = await desk.open({ width: 1440, colorScheme: "dark" }));
    await signInAsOwner(demo, page);
  }, 480_000);

  afterAll(async () => {
    for (const end of endings.toReversed()) await end();
  }, 60_000);

  it("J8: a wrong address is blocked with its reason; a pool nobody knew is checked, signed for and taken up", async () => {
    const { pool, token } = await openUnknownPool(demo);
    await page.goto(`${demo.apiUrl}/pools?find=${token}`);
    const panel = page.getByRole("region", { name: "Add a pool" });
    await panel.getByRole("button", { name: "Check on its chain" }).click();
    await panel.getByText("Cannot be added").waitFor();
    await panel.getByText("it does not answer as a pool does").waitFor();
    expect(await panel.getByRole("button", { name: "Sign this addition with wallet" }).count()).toBe(0);

    await panel.getByLabel("Pool address or id").fill(pool);
    const askedMs = performance.now();
    await panel.getByRole("button", { name: "Check on its chain" }).click();
    await panel.getByText("Can be added").waitFor();
    process.stdout.write(`pool check: ${((performance.now() - askedMs) / 1000).toFixed(1)} s\n`);
    for (const what of [
      "Factory",
      "Deployment rule",
      "Hook",
      "Fee and depth",
      "Volume",
      "Exchange sources",
      "Gas reserve",
    ]) {
      await panel.getByText(what, { exact: true }).first().waitFor();
    }
    const lines = panel.getByRole("row");
    expect(await lines.filter({ hasText: "Exchange sources" }).innerText()).toMatch(/\d of \d: \w+ ETH\/USDC/);
    expect(await lines.filter({ hasText: "Gas reserve" }).innerText()).toMatch(/ETH for a plan and its exit/);
    expect(await panel.getByRole("list", { name: "Changes", exact: true }).innerText()).toContain(pool);

    // The backtest runs in the browser while the addition is signed and taken up.
    const trial = panel.getByRole("region", { name: "Backtest of 30 days" });
    await trial.getByLabel("Capital, $").fill("much");
    await trial.getByRole("button", { name: "Run the backtest" }).click();
    await trial.getByText(/No result.*Capital in US dollars: expected a number/).waitFor();
    await trial.getByLabel("Capital, $").fill("10000");
    await trial.getByRole("button", { name: "Run the backtest" }).click();
    expect(await trial.getByTestId("trial-data").innerText()).toMatch(
      /^\d+\.\d days.* recorded by this system from .*its fees are an estimate/,
    );
    await panel.getByRole("button", { name: "Sign this addition with wallet" }).click();
    await waitFor("the pool is read by the pair's worker", LIMIT_MS, async () => {
      const { pools } = await demo.read(contract.pools, { query: { pair: PAIR } });
      const found = pools.find(({ poolKey }) => poolKey.endsWith(pool.toLowerCase()));
      return found !== undefined && found.observedAtMs !== null ? found : null;
    });
    await signCaps(panel);
    const before = await epochOf();
    await waitFor("a decision after the addition", LIMIT_MS, async () => ((await epochOf()) > before ? true : null));
    const results = trial.getByRole("group", { name: "Net of costs, beside holding" }).getByRole("row");
    await results.filter({ hasText: "it is holding" }).waitFor({ timeout: LIMIT_MS });
    expect(await results.filter({ hasText: "forces" }).innerText()).toMatch(/[+−]?\$[\d.,]+/);
    await trial.getByText("Fees are an estimate", { exact: true }).waitFor();
  });

  it("J9: a wrong chain is refused; another endpoint is tested, put first, signed for and used, and its key is nowhere", async () => {
    const chainId = demo.ready.chains[0]?.id ?? 0;
    const front = `${demo.ready.devnet.replace(/\/$/, "")}/rpc/${chainId}/${KEY}`;
    await page.goto(`${demo.apiUrl}/settings/chains`);
    const test = page.getByRole("region", { name: "Test and add" });
    const address = test.getByLabel(/^Address of an endpoint/);

    await address.fill("http://169.254.169.254/latest");
    await test.getByRole("button", { name: "Test", exact: true }).click();
    await test.getByText("Must not be used").waitFor();
    await test.getByText(/only services of the open internet are asked|must begin with https/).waitFor();
    await address.fill(await otherChain());
    await test.getByRole("button", { name: "Test", exact: true }).click();
    await test.getByText(/serves chain 1;/).waitFor();

    await address.fill(front);
    await test.getByRole("button", { name: "Test", exact: true }).click();
    await test.getByText("Agrees with the endpoints in use").waitFor();
    await test.getByRole("button", { name: "Add to the list" }).click();
    await page.getByRole("button", { name: new RegExp(`^Up: ask .*/rpc/${chainId}/.* earlier$`) }).click();
    expect(await page.getByRole("list", { name: "Changes" }).innerText()).toContain("first to be asked");
    const epoch = await epochOf();
    await page.getByRole("button", { name: "Sign this list with wallet" }).click();
    await page.getByText("version 1", { exact: true }).waitFor();
    await waitFor("workers ask the new endpoint first", LIMIT_MS, async () => {
      const text = await rows("Endpoints in the order they are asked").nth(1).innerText();
      return text.includes("/rpc/") && /workers \d+, \d+ ms/.test(text) ? true : null;
    });
    await waitFor("decisions go on", LIMIT_MS, async () => ((await epochOf()) > epoch ? true : null));

    const shown = await page.content();
    expect(shown).not.toContain(KEY);
    const audit = await page.evaluate(async () => (await fetch("/api/audit?limit=1000")).text());
    expect(audit).toContain("chain.endpoints");
    expect(audit).not.toContain(KEY);
    expect(readFileSync(join(demo.dataDir, "signed-settings.json"), "utf8")).not.toContain(KEY);
    const vault = join(demo.dataDir, "endpoints.json");
    expect(readFileSync(vault, "utf8")).toContain(KEY);
    expect((statSync(vault).mode & 0o777).toString(8)).toBe("600");
  });

  it("settings: quiet hours are listed as a change, signed as a version, and hold", async () => {
    await page.goto(`${demo.apiUrl}/settings/notifications`);
    await page.getByRole("combobox", { name: "Quiet hours" }).selectOption("on");
    await page.getByLabel("Time zone").fill("Moon/Crater");
    await page.getByText("1 field needs another value.").waitFor();
    await page.getByLabel("Time zone").fill("Europe/Berlin");
    expect(await page.getByRole("list", { name: "Changes" }).innerText()).toContain("Quiet hours");
    await page.getByRole("button", { name: "Sign these changes with wallet" }).click();
    await page.getByText("version 1", { exact: true }).waitFor();
    await waitFor("the alerts process follows", LIMIT_MS, async () => {
      const { quietHours } = await demo.read(contract.alerts);
      return quietHours?.timeZone === "Europe/Berlin" ? true : null;
    });
    expect(desk.errors).toEqual([]);
  });
});
