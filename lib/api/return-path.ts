// Where a person returns to after signing in: a path of this site, never another site.

/** `next` when it is a plain path of this origin; "/overview" for anything else. */
export function returnPath(next: string | null | undefined): string {
  const fallback = "/overview";
  if (next === null || next === undefined || next.length > 500) return fallback;
  // A second slash or a backslash would be read as another host; control characters are dropped by URL parsers.
  if (!/^\/(?![/\\])[^\\\s\p{Cc}]*$/u.test(next)) return fallback;
  const base = "https://desk.invalid";
  if (!URL.canParse(next, base)) return fallback;
  const url = new URL(next, base);
  if (url.origin !== base || url.pathname === "/login" || url.pathname.startsWith("/api/")) return fallback;
  // "/./" and "/a/../" can leave two slashes in front: another host again.
  if (url.pathname.startsWith("//")) return fallback;
  return `${url.pathname}${url.search}${url.hash}`;
}
