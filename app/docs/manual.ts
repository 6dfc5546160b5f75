// Reads the manual: the markdown files beside this one, found by a fixed list of what is there, so that no address can lead out of the folder.
import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";

const EXTENSION = ".md";
const INDEX = "index";

export interface ManualEntry {
  /** Address below /docs: "decisions/0001-signer-owns-authority"; "" for the first page. */
  readonly slug: string;
  readonly title: string;
  /** Part of the side list. */
  readonly group: "manual" | "decisions";
}

export interface ManualPage extends ManualEntry {
  readonly markdown: string;
}

function root(): string {
  return join(process.cwd(), "app", "docs");
}

/** Slugs of all pages, index first. Only names that are plain words: nothing hidden, nothing with a dot. */
async function listSlugs(): Promise<readonly string[]> {
  const names = await readdir(root(), { recursive: true });
  return names
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => name.slice(0, -EXTENSION.length).split(sep).join("/"))
    .filter((slug) => /^[a-z0-9-]+(\/[a-z0-9-]+)*$/i.test(slug));
}

function titleOf(markdown: string, slug: string): string {
  return /^#\s+(.+)$/m.exec(markdown)?.[1]?.trim() ?? slug;
}

function toSlug(name: string): string {
  return name === INDEX ? "" : name;
}

async function readPage(name: string): Promise<ManualPage> {
  const markdown = await readFile(join(root(), ...`${name}${EXTENSION}`.split("/")), "utf8");
  return {
    slug: toSlug(name),
    title: titleOf(markdown, name),
    group: name.startsWith("decisions/") ? "decisions" : "manual",
    markdown,
  };
}

/** The page at an address, null when there is none; a name is looked up in what exists, never joined to a path unseen. */
export async function readManualPage(parts: readonly string[]): Promise<ManualPage | null> {
  const wanted = parts.join("/");
  const name = wanted === "" ? INDEX : wanted;
  const known = (await listSlugs()).find((slug) => slug === name);
  return known === undefined || (known === INDEX && wanted !== "") ? null : readPage(known);
}

/** All pages in the order in which the first page names them, then the rest by name. */
export async function listManual(): Promise<readonly ManualEntry[]> {
  const pages = await Promise.all((await listSlugs()).map(readPage));
  const first = pages.find((page) => page.slug === "");
  const named = [...(first?.markdown.matchAll(/\]\(([a-z0-9/-]+)\.md/gi) ?? [])].flatMap((match) =>
    match[1] === undefined ? [] : [match[1]],
  );
  const rank = (page: ManualPage): number => {
    if (page.slug === "") return -1;
    const at = named.indexOf(page.slug);
    return at === -1 ? named.length : at;
  };
  return pages
    .toSorted(
      (a, b) =>
        a.group.localeCompare(b.group) * -1 ||
        (a.group === "decisions" ? 0 : rank(a) - rank(b)) ||
        a.slug.localeCompare(b.slug),
    )
    .map(({ slug, title, group }) => ({ slug, title, group }));
}
