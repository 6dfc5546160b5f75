// Which twin the charts and tables below are about.
"use client";
import type { ReactNode } from "react";
import { SelectField } from "@/components/ui/field";
import type { BacktestReport, TwinName } from "@/lib/backtest/report";

export function TwinPicker({
  report,
  chosen,
  onChoose,
}: {
  readonly report: BacktestReport;
  readonly chosen: TwinName;
  readonly onChoose: (name: TwinName) => void;
}): ReactNode {
  return (
    <SelectField
      label="Twin"
      className="w-full desk:w-64"
      value={chosen}
      onChange={(event) => {
        const twin = report.twins.find((each) => each.name === event.target.value);
        if (twin !== undefined) onChoose(twin.name);
      }}
    >
      {report.twins.map((twin) => (
        <option key={twin.name} value={twin.name}>
          {twin.title}
        </option>
      ))}
    </SelectField>
  );
}
