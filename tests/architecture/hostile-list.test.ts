// The hostile requests of the safety plan, 1 to 45, and the list of the signer's sockets: each is one named test, those of the HTTP layer once more against the real web process.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const FOLDERS = ["tests/contract", "tests/e2e"] as const;
/** safety.md section 6. */
const NUMBERS = Array.from({ length: 45 }, (_, index) => String(index + 1).padStart(2, "0"));
const SOCKETS = "signer";
/** Rows in which what a server makes of raw bytes matters: tried on the router and on the process. */
const WEB = ["07", "08", "10", "11", "12", "18", "38", "43", "44", "45"] as const;

interface Row {
  readonly file: string;
  readonly name: string;
}

const rows: readonly Row[] = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => /^hostile-.*\.test\.ts$/.test(file))
    .flatMap((file) =>
      [...readFileSync(`${folder}/${file}`, "utf8").matchAll(/^ *hostile\(\s*"([^"]+)"/gm)].map((match) => ({
        file: `${folder}/${file}`,
        name: match[1] ?? "",
      })),
    ),
);

describe("the hostile list", () => {
  it("behavior: each number is in exactly one test's name, and no name is of nothing", () => {
    const expected = [...NUMBERS, SOCKETS, ...WEB.map((number) => `${number} web`)];
    expect(rows.map(({ name }) => name).toSorted()).toEqual(expected.toSorted());
  });

  it("behavior: what is called web runs against the web process, the rest against router and signer", () => {
    for (const { file, name } of rows) {
      expect(`${name} in ${file}`).toBe(
        `${name} in ${name.endsWith(" web") ? "tests/e2e/hostile-web.test.ts" : file.replace(/^tests\/e2e\/.*/, "tests/contract")}`,
      );
    }
  });
});
