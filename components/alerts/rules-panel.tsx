// The rules as they hold: what each watches, from when it fires, how bad it is, and where a pair has its own.
"use client";
import type { ReactNode } from "react";
import { Panel } from "@/components/ui/panel";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import type { AlertRuleDto } from "@/lib/api/alert-schemas";
import { SEVERITY, whenWords } from "./alert-words";

export function RulesPanel({
  rules,
  settingsFile,
}: {
  readonly rules: readonly AlertRuleDto[];
  readonly settingsFile: string;
}): ReactNode {
  return (
    <Panel title="Rules" tools={<span className="text-micro text-ink-3">set in {settingsFile}</span>} flush>
      <Table caption="Alert rules">
        <thead>
          <tr>
            <Th>Rule</Th>
            <Th>Severity</Th>
            <Th from="desk">Fires</Th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <Tr key={rule.id}>
              <Td>
                {rule.title}
                <Sub>{rule.watches}</Sub>
                <Sub className="desk:hidden">fires {whenWords(rule)}</Sub>
                {rule.pairs.map((pair) => (
                  <Sub key={pair.pairId}>
                    {pair.pairId}:{" "}
                    {pair.enabled
                      ? `${SEVERITY[pair.severity].word.toLowerCase()}, ${whenWords({ ...rule, ...pair })}`
                      : "off"}
                  </Sub>
                ))}
              </Td>
              <Td>
                {rule.enabled ? (
                  <Status tone={SEVERITY[rule.severity].tone}>{SEVERITY[rule.severity].word}</Status>
                ) : (
                  <Status tone="paused">Off</Status>
                )}
              </Td>
              <Td from="desk">{whenWords(rule)}</Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}
