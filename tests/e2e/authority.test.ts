// Who may let a plan through, in real browsers on a real run: two approvers above a limit, people and limits as signed settings, sessions that end everywhere.
import { rmSync } from "node:fs";
import type { Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { contract } from "@/lib/api/contract";
import type { PlanDto } from "@/lib/api/schemas";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import { shortHex } from "@/lib/format/address";
import { prepareContractWallet, type ContractWallet } from "@/tests/support/contract-wallet";
import { openOperator, type DemoOperator } from "@/tests/support/demo-operator";
import {
  injectWallet,
  openDeskBrowser,
  TEST_WALLET,
  WalletRefusal,
  type DeskBrowser,
} from "@/tests/support/desk-browser";
import { requires } from "@/tests/support/requires";
import { startDemo, waitFor, type RunningDemo } from "@/tests/support/running-demo";

const PAIR = "USDC-USDT";
const LIMIT_MS = 240_000;
const LIMIT_USD = "1,000";
const VARIANT = { width: 1440, colorScheme: "dark" } as const;

const chrome = requires("chromium", "authority in Chromium");
let demo: RunningDemo;
let browser: DeskBrowser;
let operator: DemoOperator;
/** Addresses of the sandbox by part: owner and approver of the start, and one that is on no list yet. */
let people: { readonly owner: string; readonly approver: string; readonly second: string };
let preparing: Promise<ContractWallet>;
/** One browser per person, kept from test to test: sign-ins are rationed (ten at once, then five a minute). */
const browsers = new Map<string, Page>();
const endings: (() => Promise<void> | void)[] = [];

/** A wallet that shows the contract's address and signs with the key of its owner, as one of several signers' apps does. */
async function answerFor(
  wallet: ContractWallet,
  chainId: number,
  method: string,
  params: readonly unknown[],
): Promise<unknown> {
  switch (method) {
    case "eth_accounts":
    case "eth_requestAccounts":
      return [wallet.address];
    case "eth_chainId":
      return `0x${chainId.toString(16)}`;
    case "personal_sign":
      return wallet.owner.signMessage({ message: { raw: hexSchema.parse(params[0]) } });
    case "eth_signTypedData_v4":
      return wallet.owner.signTypedData(typedDataSchema.parse(JSON.parse(z.string().parse(params[1]))));
    default:
      throw new WalletRefusal(4200, method);
  }
}

const typedDataSchema = z.object({
  domain: z.record(z.string(), z.unknown()),
  types: z.record(z.string(), z.array(z.object({ name: z.string(), type: z.string() }))),
  primaryType: z.string(),
  message: z.record(z.string(), z.unknown()),
});

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function signIn(page: Page, address: string): Promise<void> {
  await page.getByRole("button", { name: "Connect a wallet and sign in" }).click();
  const dialog = page.getByRole("dialog", { name: "Connect a wallet and sign in" });
  await dialog.getByRole("button", { name: new RegExp(`^${shortHex(address)}`) }).click();
  await page.getByRole("button", { name: new RegExp(`^Signed in as ${shortHex(address)}`) }).waitFor();
}

/** The person's browser at that page, signed in; another one under another name. */
async function open(address: string, path: string, name = address): Promise<Page> {
  const known = browsers.get(name);
  const page = known ?? (await browser.open(VARIANT)).page;
  await page.goto(`${demo.apiUrl}${path}`);
  if (known === undefined) await signIn(page, address);
  browsers.set(name, page);
  return page;
}

function waitingPlan(isMeant: (plan: PlanDto) => boolean = () => true): Promise<PlanDto> {
  return waitFor(`a plan of ${PAIR} that waits`, LIMIT_MS, async () => {
    const { plans } = await demo.read(contract.plans, { query: { status: "waiting_approval", pair: PAIR } });
    return contract.plans.response.encode({ plans, nextCursor: null }).plans.find(isMeant) ?? null;
  });
}

async function statusOf(planId: string): Promise<string> {
  return (await demo.read(contract.plan, { params: { planId } })).status;
}

/** A plan above the limit that the approver asked for; the tests that need one share it. */
let asked: Promise<PlanDto> | null = null;
function ownPlan(): Promise<PlanDto> {
  asked ??= askForPlan();
  return asked;
}

async function askForPlan(): Promise<PlanDto> {
  const position = await waitFor(`a position of ${PAIR}`, LIMIT_MS, async () => {
    const state = (await operator.authority()).pairs.find(({ pairId }) => pairId === PAIR);
    return state?.openPlanId === null ? (state.positions[0] ?? null) : null;
  });
  const width = position.tickUpper - position.tickLower;
  const ticks = { tickLower: position.tickLower - width, tickUpper: position.tickUpper + width };
  await operator.submit({
    action: "range.shift",
    target: PAIR,
    params: { pairId: PAIR, positionId: position.positionId, ticks },
    by: "approver",
  });
  return waitingPlan(({ origin }) => origin.kind === "command");
}

const approveButton = (page: Page) =>
  page.getByRole("complementary", { name: "Decide" }).getByRole("button", { name: "Approve with wallet" });
const card = (page: Page) => page.getByRole("main");
const signButton = (page: Page) => page.getByRole("button", { name: "Sign these changes with wallet" });

describe.skipIf(!chrome.available)("authority", () => {
  beforeAll(async () => {
    demo = await startDemo({ seed: 7, fresh: true, chains: 1 });
    endings.push(async () => {
      await demo.stop();
      rmSync(demo.dataDir, { recursive: true, force: true });
    });
    operator = await openOperator(demo);
    endings.push(() => operator.close());
    browser = await openDeskBrowser(chrome.location);
    endings.push(() => browser.close());
    const { sandbox } = await demo.read(contract.environment);
    const ofRole = (role: string | null): string =>
      sandbox?.accounts.find((account) => account.role === role)?.address ?? "";
    const deployer = addressSchema.parse(ofRole("owner"));
    preparing = prepareContractWallet(demo, deployer);
    // Its failure is the failure of the test that waits for it.
    preparing.catch(() => undefined);
    people = { owner: ofRole("owner"), approver: ofRole("approver"), second: ofRole(null) };
    say(`authority: demo with web ready after ${(demo.startMs / 1000).toFixed(1)} s`);
  }, 480_000);

  afterAll(async () => {
    for (const end of endings.toReversed()) await end();
  }, 60_000);

  it("authority: an owner adds an approver and sets a limit, each with its diff; the way back is a version too", async () => {
    const page = await open(people.owner, "/settings/people");
    await page.getByRole("button", { name: "Add a person" }).click();
    const row = page.getByRole("list", { name: "People" }).getByRole("listitem").last();
    await row.getByLabel("Name").fill("Cy of the night");
    await row.getByLabel("Address").fill(people.second);
    await row.getByLabel("Role").selectOption("approver");
    await page.getByRole("list", { name: "Changes" }).getByText("Cy of the night").waitFor();
    await signButton(page).click();
    await page.getByText("version 3", { exact: true }).first().waitFor();
    await page.goto(`${demo.apiUrl}/settings/limits`);
    await page.getByLabel("One approver up to, $").first().fill(LIMIT_USD);
    await page.getByLabel("Different approvers above it").first().fill("9");
    await page.getByText("Only 3 people may approve; add people first.").waitFor();
    await page.getByLabel("Different approvers above it").first().fill("2");
    await page.getByText("holds at once").waitFor();
    await signButton(page).click();
    await page.getByText("version 2", { exact: true }).first().waitFor();
    // Back to the first version: it fills the form, and would hold only a day later.
    await page.getByRole("button", { name: "Fill in version 1" }).click();
    await page.getByText("asks for less, so it holds 24 h after it is signed").waitFor();
  });

  it("authority: the first of two approves by a double click, again is refused, the second completes it", async () => {
    const plan = await waitingPlan();
    const path = `/approvals/${plan.planId}`;
    const [first, second, owner] = await Promise.all([
      open(people.approver, path),
      open(people.second, path),
      open(people.owner, path),
    ]);
    await card(first)
      .getByText(/it takes 2 different approvers/)
      .waitFor();
    await card(first).getByText("Cy of the night").waitFor();
    await approveButton(first).dblclick();
    await card(first).getByText("1 of 2", { exact: true }).waitFor();
    await first.getByText("You have approved; others are still needed.").first().waitFor();
    expect(await approveButton(first).isDisabled()).toBe(true);
    expect(await statusOf(plan.planId)).toBe("waiting_approval");
    const again = { planId: plan.planId, note: "once more" };
    const approval = { action: "plan.approve", target: plan.planId, params: again, by: "approver" } as const;
    await expect(
      operator.submit({ ...approval, planHash: (await operator.plan(plan.planId)).planHash }),
    ).rejects.toThrow(/approved plan .* already; another approver has to sign/);
    expect(await operator.plan(plan.planId)).toMatchObject({ status: "waiting_approval", approvals: { length: 1 } });
    // Two at once: one completes it, the other is told that it was decided meanwhile.
    await card(second).getByText("1 of 2", { exact: true }).waitFor();
    await Promise.all([approveButton(second).click(), approveButton(owner).click()]);
    const done = await waitFor(`the end of plan ${plan.planId}`, LIMIT_MS, async () => {
      const record = await operator.plan(plan.planId);
      return ["waiting_approval", "approved", "executing"].includes(record.status) ? null : record;
    });
    expect(`${done.status}: ${done.statusReason}`).toBe("done: every step is verified");
    expect(done).toMatchObject({ approvalsNeeded: 2, approvals: { length: 2 } });
    const toldLate = [second, owner].map((page) =>
      page
        .getByText(/does not wait for an answer any more/)
        .and(page.locator(":visible"))
        .first(),
    );
    await Promise.any(toldLate.map((note) => note.waitFor()));
  });

  it("authority: a contract wallet is refused where it has no code, and once deployed signs in and approves by EIP-1271", async () => {
    const wallet = await preparing;
    const { homeChainId } = await demo.read(contract.environment);
    const plan = await ownPlan();
    await operator.submit({
      action: "role.set",
      target: "system",
      params: { address: wallet.address, role: "approver" },
    });
    const { context, page } = await browser.open(VARIANT);
    await injectWallet(context, (method, params) => answerFor(wallet, homeChainId, method, params));
    await page.goto(`${demo.apiUrl}/approvals/${plan.planId}`);
    await page.getByRole("button", { name: "Connect a wallet and sign in" }).click();
    const dialog = page.getByRole("dialog", { name: "Connect a wallet and sign in" });
    const choice = dialog.getByRole("button", { name: TEST_WALLET });
    await choice.click();
    await dialog
      .getByRole("alert")
      .getByText(new RegExp(`there is no contract wallet at that address on chain ${homeChainId}`))
      .waitFor();
    await wallet.deploy();
    await choice.click();
    await page.getByRole("button", { name: new RegExp(`^Signed in as ${shortHex(wallet.address)}`, "i") }).waitFor();
    await approveButton(page).click();
    await card(page).getByText("1 of 2", { exact: true }).waitFor();
    const record = await operator.plan(plan.planId);
    expect(record.approvals.map(({ address }) => address.toLowerCase())).toEqual([wallet.address.toLowerCase()]);
    expect(record.status).toBe("waiting_approval");
    await context.close();
  });

  it("authority: a person's own plan names who proposed it, and turns void where the price leaves its bound", async () => {
    const plan = await ownPlan();
    expect(plan.approval).toMatchObject({ proposer: expect.stringMatching(new RegExp(people.approver, "i")) });
    const page = await open(people.approver, `/approvals/${plan.planId}`);
    await card(page)
      .getByText(new RegExp(`^${shortHex(people.approver)}, by a signed command`, "i"))
      .waitFor();
    await demo.control("/price", { pairId: PAIR, moveFrac: 0.02 });
    await card(page).getByText("Void", { exact: true }).waitFor();
    await card(page)
      .getByText(/Price since the plan was made: .*It cannot be signed while this is so/)
      .waitFor();
    expect(await approveButton(page).isDisabled()).toBe(true);
  });

  it("authority: a signer that is away is no sign-out, and signing out everywhere reaches every browser and tab", async () => {
    const [laptop, phone] = [
      await open(people.owner, "/settings/people"),
      await open(people.owner, "/overview", "phone"),
    ];
    const tab = await laptop.context().newPage();
    await tab.goto(`${demo.apiUrl}/system`);
    await tab.getByRole("button", { name: /^Signed in as/ }).waitFor();
    const signer = demo.processes().find(({ name }) => name === "signer");
    if (signer === undefined) throw new Error("the demo has a signer");
    process.kill(signer.pid, "SIGSTOP");
    try {
      await phone.reload();
      await phone.getByRole("button", { name: "Who is signed in is not known yet" }).getByText("Unknown").waitFor();
      expect(await phone.getByRole("button", { name: "Connect a wallet and sign in" }).count()).toBe(0);
    } finally {
      process.kill(signer.pid, "SIGCONT");
    }
    await phone.getByRole("button", { name: /^Signed in as/ }).waitFor();
    await laptop.getByRole("button", { name: "Sign out everywhere" }).click();
    for (const page of [laptop, tab, phone]) {
      await page.getByText("You are signed out.").waitFor();
      await page.getByRole("button", { name: "Connect a wallet and sign in" }).waitFor();
    }
    await laptop.getByText("Sign in to see the settings.").waitFor();
  });

  it("authority: a locked wallet, one on a foreign chain and a declined signature each say the way out", async () => {
    const { homeChainId } = await demo.read(contract.environment);
    const { context, page } = await browser.open(VARIANT);
    let mode: "locked" | "foreign" | "home" = "locked";
    await injectWallet(context, async (method) => {
      switch (method) {
        case "eth_accounts":
          return [];
        case "eth_chainId":
          return mode === "foreign" ? "0x3e7" : `0x${homeChainId.toString(16)}`;
        case "eth_requestAccounts":
          if (mode === "locked") {
            throw new WalletRefusal(-32_002, "Request of type 'wallet_requestPermissions' already pending");
          }
          return ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"];
        case "personal_sign":
          throw new WalletRefusal(4001, "User rejected the request.");
        default:
          throw new WalletRefusal(4200, method);
      }
    });
    await page.goto(`${demo.apiUrl}/overview`);
    await page.getByRole("button", { name: "Connect a wallet and sign in" }).click();
    const dialog = page.getByRole("dialog", { name: "Connect a wallet and sign in" });
    const wallet = dialog.getByRole("button", { name: TEST_WALLET });
    for (const [next, words] of [
      ["locked", /it may be locked\. Open it, unlock it/],
      ["foreign", /The wallet is on chain 999, .* Switch it to chain \d+ and sign in again/],
      ["home", /You declined the signature in the wallet\. Nothing was sent\./],
    ] as const) {
      mode = next;
      await wallet.click();
      await dialog.getByRole("alert").getByText(words).waitFor();
    }
    await context.close();
    const { context: empty, page: bare } = await browser.open(VARIANT);
    await bare.goto(`${demo.apiUrl}/login`);
    await bare.getByText("None found. Install a wallet extension").waitFor();
    await empty.close();
  });
});
