// What the journal does not know, answered on the page: a restarted signer finds positions that no plan opened; one is adopted, one closed, one left alone.
import { rmSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contract } from "@/lib/api/contract";
import { addressSchema } from "@/lib/registry/schema";
import { openDeskBrowser, signInAsOwner } from "@/tests/support/desk-browser";
import { requires } from "@/tests/support/requires";
import { sendOrphans } from "@/tests/support/send-orphan";
import { startDemo, waitFor, type RunningDemo } from "@/tests/support/running-demo";

const PAIR = "WETH-USDC";
const LIMIT_MS = 120_000;

const chrome = requires("chromium", "orphans in Chromium");
let demo: RunningDemo;
let page: Page;
const endings: (() => Promise<unknown>)[] = [];

function signerPid(): number {
  return demo.processes().find(({ name }) => name === "signer")?.pid ?? 0;
}

async function killSigner(): Promise<void> {
  const killed = signerPid();
  process.kill(killed, "SIGKILL");
  await waitFor("the next signer", LIMIT_MS, async () => {
    if (signerPid() === killed) throw new Error(`run.json still names ${killed}`);
    return (await demo.read(contract.system)).signer.state === "NORMAL" ? true : null;
  });
}

describe.skipIf(!chrome.available)("orphans", () => {
  beforeAll(async () => {
    demo = await startDemo({ seed: 7, fresh: true });
    endings.push(async () => {
      await demo.stop();
      rmSync(demo.dataDir, { recursive: true, force: true });
    });
    const browser = await openDeskBrowser(chrome.location);
    endings.push(() => browser.close());
    ({ page } = await browser.open({ width: 1440, colorScheme: "light" }));
  }, 480_000);
  afterAll(async () => {
    for (const end of endings.toReversed()) await end();
  }, 60_000);

  it("behavior: a restarted signer lists them, and each answer that is signed on the page is carried out", async () => {
    const before = await demo.read(contract.pairPositions, { params: { id: PAIR } });
    await signInAsOwner(demo, page);
    await page.goto(`${demo.apiUrl}/system`);
    await sendOrphans(demo, addressSchema.parse((await demo.read(contract.system)).signer.wallet), 3);
    await killSigner();

    // The page stayed open over the signer's death: it says what is now without being loaded again.
    const panel = page.getByRole("region", { name: "Chain against journal" });
    const rows = panel.getByRole("row").filter({ hasText: "Position the journal does not know" });
    await rows.nth(2).waitFor({ timeout: LIMIT_MS });
    const act = async (word: "Adopt" | "Close" | "Ignore", fill: (dialog: Locator) => Promise<unknown>) => {
      const waiting = rows.filter({ hasText: "Waits for you" }).first();
      await waiting.getByRole("button", { name: `${word}…` }).click();
      const dialog = page.getByRole("dialog", { name: new RegExp(`^${word}`) });
      await fill(dialog);
      await dialog.getByRole("button", { name: "Sign with wallet" }).click();
      // Carried out, or under way: the row says so in the dialog's place; what is refused stays in the dialog.
      await waitFor(`${word} is answered`, LIMIT_MS, async () => {
        if (!(await dialog.isVisible())) return true;
        throw new Error(`the dialog says: ${await dialog.innerText()}`);
      });
    };
    await act("Ignore", (dialog) => dialog.getByLabel("Why, kept in the command log").fill("sent by a test"));
    await act("Close", (dialog) => dialog.getByLabel("Note, kept in the command log").fill("not ours"));
    await act("Adopt", (dialog) => dialog.getByLabel("Pair it will belong to").selectOption(PAIR));
    for (const word of ["Ignored", /Clos(ed|ing)/, "Adopted"]) await rows.filter({ hasText: word }).first().waitFor();
    await waitFor(`one position more of ${PAIR}`, LIMIT_MS, async () => {
      const { positions } = await demo.read(contract.pairPositions, { params: { id: PAIR } });
      return positions.length > before.positions.length ? true : null;
    });
    const answer = await page.request.get(`${demo.apiUrl}/api/orphans`);
    const { orphans } = contract.orphans.response.parse(await answer.json());
    const found = orphans.filter(({ kind }) => kind === "position");
    expect(found.map(({ status }) => status).toSorted()).toEqual(["adopted", "closed", "ignored"]);
  });
});
