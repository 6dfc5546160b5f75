// `tidegate export` as a person runs it, and its CSV read by a reader of its own: the proof shares no code with what it proves.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { withoutTestSettings } from "@/tests/support/without-test-settings";

const run = promisify(execFile);

export interface ExportedFile {
  readonly columns: readonly string[];
  readonly rows: readonly ReadonlyMap<string, string>[];
}

export async function exportCsv(input: {
  readonly dataDir: string;
  readonly of: "ledger" | "epochs" | "days" | "positions" | "scores";
  readonly out: string;
}): Promise<ExportedFile> {
  const { dataDir, of, out } = input;
  const words = ["server/cli/boot.mjs", "export", "--data-dir", dataDir, "--of", of, "--out", out];
  await run(process.execPath, words, { env: { ...process.env, ...withoutTestSettings() } });
  const [head = [], ...lines] = parseCsv(readFileSync(out, "utf8"));
  return { columns: head, rows: lines.map((cells) => new Map(head.map((column, at) => [column, cells[at] ?? ""]))) };
}

/** RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
      continue;
    }
    if (char === '"') isQuoted = true;
    else if (char === ",") {
      row.push(cell);
      cell = "";
    } else if (char === "\n") {
      row.push(cell.replace(/\r$/, ""));
      rows.push(row);
      row = [];
      cell = "";
    } else cell += char;
  }
  if (isQuoted || cell !== "" || row.length > 0) throw new Error("the CSV does not end with a whole row");
  return rows;
}
