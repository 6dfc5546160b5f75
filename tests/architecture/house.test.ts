// The shape of the house: what may stand at the top, what every file begins with, what no file may contain.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "");
const sources = files.filter((file) => /\.(ts|tsx|mjs|cjs)$/.test(file) && !file.endsWith(".d.ts"));

const TOP_LEVEL = new Set([
  "app",
  "components",
  "server",
  "lib",
  "tests",
  "public",
  "package.json",
  "package-lock.json",
  "next.config.ts",
  "tailwind.config.ts",
  "postcss.config.mjs",
  "vitest.config.ts",
  "tsconfig.json",
  "knip.config.ts",
  "proxy.ts",
  "README.md",
  "LICENSE",
  "Dockerfile",
  "compose.yaml",
]);

function read(file: string): string {
  return readFileSync(file, "utf8");
}

describe("the tree", () => {
  it("behavior: the top level holds only what the house names, plus dot files", () => {
    const top = [...new Set(files.map((file) => file.split("/")[0] ?? ""))].filter((name) => !name.startsWith("."));
    expect(top.filter((name) => !TOP_LEVEL.has(name))).toEqual([]);
  });

  it("behavior: no folder is called after nothing", () => {
    expect(files.filter((file) => /(^|\/)(utils|helpers|common|misc|scripts)\//.test(file))).toEqual([]);
  });

  it("behavior: a room with more than eight source files has a README of at most 40 lines", () => {
    const counts = new Map<string, number>();
    for (const file of sources) {
      const [first, second] = file.split("/");
      if ((first !== "lib" && first !== "server" && first !== "components") || second === undefined) continue;
      if (second.includes(".")) continue;
      // The views of the desk are one room: its folders are features that read alike.
      const room = first === "components" ? first : `${first}/${second}`;
      if (!/\.test\.tsx?$/.test(file)) counts.set(room, (counts.get(room) ?? 0) + 1);
    }
    const large = [...counts].filter(([, count]) => count > 8).map(([room]) => room);
    expect(large.filter((room) => !files.includes(`${room}/README.md`))).toEqual([]);
    expect(
      files.filter(
        (file) =>
          /^(lib\/|server\/|components\/)([^/]+\/)?README\.md$/.test(file) && read(file).split("\n").length > 41,
      ),
    ).toEqual([]);
  });
});

describe("the files", () => {
  it("behavior: each begins with one sentence that says what it is for", () => {
    const without = sources.filter((file) => {
      const text = read(file).replace(/^#!.*\n/, "");
      const first = text.split("\n")[0] ?? "";
      const second = text.split("\n")[1] ?? "";
      const line = /^"use (client|server)";?$/.test(first) ? second : first;
      return !line.startsWith("// ") || line.length < 20;
    });
    expect(without).toEqual([]);
  });

  it("behavior: no suppressed type or lint rule, no mark left behind", () => {
    const marks =
      /@ts-(ignore|nocheck|expect-error)|oxlint-disable|eslint-disable|prettier-ignore|\b(TODO|FIXME|XXX|HACK)\b/;
    expect(sources.filter((file) => !file.startsWith("tests/architecture/") && marks.test(read(file)))).toEqual([]);
  });

  it("behavior: no test is skipped without asking what the machine has, none is focused", () => {
    const focused = /\b(it|test|describe)\.(only|todo)\b|\bx(it|describe)\(|\b(it|test|describe)\.skip\(/;
    expect(sources.filter((file) => !file.startsWith("tests/architecture/") && focused.test(read(file)))).toEqual([]);
  });

  it("behavior: the schema library is taken as a namespace, so that no bundle carries all its languages", () => {
    const named = /import (type )?\{[^}]*\bz\b[^}]*\} from "zod"/;
    expect(sources.filter((file) => !file.startsWith("tests/architecture/") && named.test(read(file)))).toEqual([]);
  });

  it("behavior: every relative link in the manual leads somewhere", () => {
    const broken = files
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) => {
        const folder = file.split("/").slice(0, -1).join("/");
        return [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].flatMap((match) => {
          const target = match[1] ?? "";
          // Absolute links are routes of the desk.
          if (target.startsWith("/")) return [];
          const path = new URL(target, `file:///${folder === "" ? "" : `${folder}/`}`).pathname.slice(1);
          return files.includes(path) || files.some((other) => other.startsWith(`${path.replace(/\/$/, "")}/`))
            ? []
            : [`${file} -> ${target}`];
        });
      });
    expect(broken).toEqual([]);
  });
});
