// Lines of a check: what was expected, what came, and whether it blocks; text of chains is shown as text, cut and wrapped.
import type { ReactNode } from "react";
import { Status, type StatusTone } from "@/components/ui/status";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { CheckLine } from "@/lib/api/system-settings";

const WORDS: Readonly<Record<CheckLine["kind"], { readonly tone: StatusTone; readonly word: string }>> = {
  ok: { tone: "ok", word: "agrees" },
  note: { tone: "unknown", word: "to know" },
  problem: { tone: "crit", word: "blocks" },
};

export function CheckLines({
  lines,
  caption,
}: {
  readonly lines: readonly CheckLine[];
  readonly caption: string;
}): ReactNode {
  // What blocks is read first.
  const sorted = [...lines.filter(({ kind }) => kind === "problem"), ...lines.filter(({ kind }) => kind !== "problem")];
  return (
    <Table caption={caption}>
      <thead>
        <tr>
          <Th>Check</Th>
          <Th from="desk">Expected</Th>
          <Th>Came</Th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((line, at) => (
          <Tr key={`${line.what}:${at}`}>
            <Td className="align-top">
              <span className="block max-w-44 font-title wrap-anywhere">{line.what}</span>
              <Status tone={WORDS[line.kind].tone} className="text-micro">
                {WORDS[line.kind].word}
              </Status>
            </Td>
            <Td from="desk" className="max-w-72 align-top wrap-anywhere text-ink-3">
              {line.expected}
            </Td>
            <Td className="align-top wrap-anywhere">
              <span className="block text-micro text-ink-3 desk:hidden">expected: {line.expected}</span>
              {line.came}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
