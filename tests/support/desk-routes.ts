// Every route of the desk as its files say it: none can be forgotten, and one with parameters needs an example.
import { readdirSync } from "node:fs";

/** Addresses of all pages of app/, in order. `examples` has an address per pattern with parameters; several are fine, none says "not now". */
export function deskRoutes(examples: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const patterns = readdirSync("app", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("/page.tsx"))
    .map((file) => `/${file.slice(0, -"/page.tsx".length)}`)
    .toSorted();
  const known = new Set(patterns);
  const strange = Object.keys(examples).filter((pattern) => !known.has(pattern));
  if (strange.length > 0) throw new Error(`expected patterns of app/, got ${strange.join(", ")}`);
  return patterns.flatMap((pattern) => {
    if (!pattern.includes("[")) return [pattern, ...(examples[pattern] ?? [])];
    const addresses = examples[pattern];
    if (addresses === undefined) throw new Error(`app${pattern} is a new page: give an address of it to deskRoutes`);
    return addresses;
  });
}
