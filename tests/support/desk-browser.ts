// A browser on a running demo: contexts of one size and theme each, signing in with the demo wallet, and what the pages complained about.
import { chromium, type Browser, type BrowserContext, type Page } from "@playwright/test";
import type { RunningDemo } from "./running-demo";

export interface Variant {
  readonly width: 1440 | 360;
  readonly colorScheme: "dark" | "light";
}

export interface DeskBrowser {
  /** A person of their own: cookies, size and theme. */
  open(variant: Variant): Promise<{ readonly context: BrowserContext; readonly page: Page }>;
  /** Errors of all pages so far. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

const PAGE_LIMIT_MS = 45_000;
const HEIGHT = { 1440: 900, 360: 740 } as const;

export async function openDeskBrowser(executablePath: string | undefined): Promise<DeskBrowser> {
  const browser: Browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
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
  const errors: string[] = [];
  return {
    errors,
    async open({ width, colorScheme }) {
      const context = await browser.newContext({
        viewport: { width, height: HEIGHT[width] },
        colorScheme,
        acceptDownloads: true,
      });
      context.setDefaultTimeout(PAGE_LIMIT_MS);
      const page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(`${page.url()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.message}`));
      return { context, page };
    },
    close: () => browser.close(),
  };
}

/** By the page for it, with the demo wallet's owner. */
export async function signInAsOwner(demo: RunningDemo, page: Page): Promise<void> {
  await page.goto(`${demo.apiUrl}/login?next=/overview`);
  await page.getByRole("button", { name: /owner$/ }).click();
  // By the path alone: the page of the sign-in names its target in the query.
  await page.waitForURL((url) => url.pathname === "/overview");
}

/** EIP-1193: what a wallet answers; `WalletRefusal` for an error with its code. */
export type WalletAnswers = (method: string, params: readonly unknown[]) => Promise<unknown>;

export class WalletRefusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const TEST_WALLET = "Test wallet";

/** Pages of the context find a wallet of this name (EIP-6963) whose answers are made here. */
export async function injectWallet(context: BrowserContext, answer: WalletAnswers): Promise<void> {
  await context.exposeFunction("testWalletAnswer", async (method: string, params: readonly unknown[]) => {
    try {
      return { value: await answer(method, params) };
    } catch (error) {
      if (!(error instanceof WalletRefusal)) throw error;
      return { code: error.code, message: error.message };
    }
  });
  await context.addInitScript((name) => {
    const provider = {
      on: () => provider,
      removeListener: () => provider,
      async request({ method, params = [] }: { readonly method: string; readonly params?: readonly unknown[] }) {
        const ask: unknown = Reflect.get(window, "testWalletAnswer");
        if (typeof ask !== "function") throw new Error("the wallet of the test is gone");
        const answered: { value?: unknown; code?: number; message?: string } = await ask(method, params);
        if (answered.code === undefined) return answered.value;
        throw Object.assign(new Error(answered.message), { code: answered.code });
      },
    };
    const info = { uuid: "6f1c0f0e-0000-4000-8000-000000000001", name, icon: "", rdns: "test.wallet" };
    const announce = () =>
      window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: { info, provider } }));
    window.addEventListener("eip6963:requestProvider", announce);
    announce();
  }, TEST_WALLET);
}
