// Links of the manual's markdown: from one .md file to another becomes a route of the desk; everything else stays what it is.

export interface DocLink {
  readonly href: string;
  readonly kind: "page" | "anchor" | "outside" | "dead";
}

/**
 * `from` is the slug of the page that holds the link, "" for the first one; `pages` are all slugs there are.
 * A link that leaves the manual's folder or names a page that is not there is dead: its words stay, the link goes.
 */
export function docLink(href: string | undefined, from: string, pages: readonly string[]): DocLink {
  if (href === undefined || href === "") return { href: "", kind: "dead" };
  if (href.startsWith("#")) return { href, kind: "anchor" };
  if (/^https?:\/\//i.test(href)) return { href, kind: "outside" };
  if (/^[a-z][a-z0-9+.-]*:/i.test(href) || href.startsWith("//")) return { href: "", kind: "dead" };
  const [path = "", hash] = href.split("#", 2);
  const anchor = hash === undefined ? "" : `#${hash}`;
  if (!path.endsWith(".md")) {
    // A path from the root is a page of the desk, such as /system.
    return path.startsWith("/") && !path.includes("..") ? { href, kind: "page" } : { href: "", kind: "dead" };
  }
  const folder = path.startsWith("/") ? [] : from.split("/").slice(0, -1);
  const parts: string[] = [...folder];
  for (const part of path.slice(0, -".md".length).split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") {
      parts.push(part);
      continue;
    }
    if (parts.pop() === undefined) return { href: "", kind: "dead" };
  }
  const name = parts.join("/");
  const slug = name === "index" ? "" : name;
  if (!pages.includes(slug)) return { href: "", kind: "dead" };
  return { href: `${slug === "" ? "/docs" : `/docs/${slug}`}${anchor}`, kind: "page" };
}

/** Address of a heading: "What runs" gives "what-runs". */
export function anchorOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "");
}
