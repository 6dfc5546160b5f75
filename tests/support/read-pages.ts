// Reads every page as everybody does: both themes, both widths, checked by axe, on two tabs side by side; with pictures where a folder is named.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext, Page } from "@playwright/test";

/** Pictures of every route in four variants go here; none are taken without it. */
const SHOTS_DIR = process.env["TG_SHOTS_DIR"] ?? null;
const TABS = 2;
const WIDTHS = [1440, 360] as const;
const HEIGHT = { 1440: 900, 360: 740 } as const;
const THEMES = ["dark", "light"] as const;
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
const SETTLE_LIMIT_MS = 15_000;
/** Quiet for this long: nothing has changed its place. */
const STILL_MS = 120;

export interface PagesRead {
  readonly checks: number;
  readonly shots: number;
  readonly problems: readonly string[];
}

export async function readPages(input: {
  readonly context: BrowserContext;
  readonly base: string;
  readonly routes: readonly string[];
  readonly listen: (page: Page) => void;
}): Promise<PagesRead> {
  const waiting = [...input.routes];
  const problems: string[] = [];
  let checks = 0;
  let shots = 0;
  if (SHOTS_DIR !== null) mkdirSync(SHOTS_DIR, { recursive: true });

  async function readOne(page: Page, route: string): Promise<void> {
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await page.setViewportSize({ width: 1440, height: HEIGHT[1440] });
    await page.goto(`${input.base}${route}`);
    await page.getByRole("main").waitFor();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT[width] });
      const isStill = await settled(page);
      if (!isStill) problems.push(`${route} at ${width}: still loading or moving after ${SETTLE_LIMIT_MS} ms`);
      const overflowPx = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (overflowPx > 0) problems.push(`${route} at ${width}: ${overflowPx} px wider than the window`);
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        // The document is the same in both themes, so the second pass asks only what colours decide. There is no frame to follow.
        const axe = new AxeBuilder({ page }).setLegacyMode();
        const { violations } = await (
          colorScheme === "dark" ? axe.withTags(AXE_TAGS) : axe.withRules(COLOUR_RULES)
        ).analyze();
        checks += 1;
        for (const { id, nodes } of violations) {
          problems.push(
            `${route} at ${width}, ${colorScheme}: ${id} (${nodes.length}) ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary?.split("\n")[1]?.slice(0, 200) ?? ""}`,
          );
        }
        if (SHOTS_DIR === null) continue;
        const name = route
          .slice(1)
          .replaceAll(/[^a-zA-Z0-9]+/g, "-")
          .slice(0, 60);
        await page.screenshot({
          path: join(SHOTS_DIR, `${name}-${colorScheme}-${width}.jpg`),
          type: "jpeg",
          quality: 80,
          fullPage: true,
        });
        shots += 1;
      }
    }
  }

  await Promise.all(
    Array.from({ length: TABS }, async () => {
      const page = await input.context.newPage();
      input.listen(page);
      for (let route = waiting.shift(); route !== undefined; route = waiting.shift()) await readOne(page, route);
      await page.close();
    }),
  );
  return { checks, shots, problems };
}

/** No placeholder is left and the page keeps its height: charts have drawn themselves at the new width. */
async function settled(page: Page): Promise<boolean> {
  return page.evaluate(
    async ({ limitMs, stillMs }) => {
      const endMs = performance.now() + limitMs;
      let height = -1;
      let sinceMs = performance.now();
      while (performance.now() < endMs) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const isLoading = document.querySelector("[aria-busy=true], [data-skeleton]") !== null;
        const now = document.documentElement.scrollHeight;
        if (isLoading || now !== height) {
          height = now;
          sinceMs = performance.now();
        } else if (performance.now() - sinceMs >= stillMs) return true;
      }
      return false;
    },
    { limitMs: SETTLE_LIMIT_MS, stillMs: STILL_MS },
  );
}
