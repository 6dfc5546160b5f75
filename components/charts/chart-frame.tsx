// The panel around a chart: head with tools, the same numbers as a table, and as CSV.
"use client";
import { Download, Table2 } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { saveCsv } from "./csv";
import { toCsv, type CsvCell } from "@/lib/format/csv";

export interface ChartColumn<T> {
  readonly label: string;
  /** What the table shows. */
  readonly text: (row: T) => string;
  /** What the file holds. */
  readonly value: (row: T) => CsvCell;
}

/** Newest rows in the table; the file holds all. */
const TABLE_ROWS = 100;

export function ChartFrame<T>({
  title,
  meta,
  tools,
  rows,
  columns,
  fileName,
  children,
  level = 2,
}: {
  readonly title: string;
  readonly meta?: ReactNode;
  readonly tools?: ReactNode;
  readonly rows: readonly T[];
  readonly columns: readonly ChartColumn<T>[];
  readonly fileName: string;
  readonly children: ReactNode;
  readonly level?: 2 | 3;
}): ReactNode {
  const [isTable, setTable] = useState(false);
  // A press elsewhere on the page need not write it again.
  const table = useMemo(
    () => isTable && <FrameTable title={title} rows={rows} columns={columns} />,
    [isTable, title, rows, columns],
  );
  return (
    <Panel
      title={title}
      level={level}
      meta={meta}
      flush
      tools={
        <>
          {tools}
          <Button
            size="small"
            kind="quiet"
            aria-pressed={isTable}
            aria-label={`${title} as table`}
            onClick={() => setTable(!isTable)}
          >
            <Table2 size={13} aria-hidden="true" />
            <span className="hidden wide:inline">{isTable ? "Chart" : "Table"}</span>
          </Button>
          <Button
            size="small"
            kind="quiet"
            aria-label={`${title} as CSV file`}
            onClick={() =>
              saveCsv(
                fileName,
                toCsv(
                  columns.map((column) => column.label),
                  rows.map((row) => columns.map((column) => column.value(row))),
                ),
              )
            }
          >
            <Download size={13} aria-hidden="true" />
            <span className="hidden wide:inline">CSV</span>
          </Button>
        </>
      }
    >
      {table || <div className="p-3.5 desk:p-4">{children}</div>}
    </Panel>
  );
}

function FrameTable<T>({
  title,
  rows,
  columns,
}: {
  readonly title: string;
  readonly rows: readonly T[];
  readonly columns: readonly ChartColumn<T>[];
}): ReactNode {
  const newest = rows.slice(-TABLE_ROWS).toReversed();
  return (
    <div className="max-h-[420px] overflow-y-auto" tabIndex={0} role="group" aria-label={`${title}, table`}>
      <Table caption={`${title}, newest first`}>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <Th key={column.label} right={index > 0}>
                {column.label}
              </Th>
            ))}
          </tr>
        </thead>
        <tbody>
          {newest.map((row, index) => (
            <Tr key={index}>
              {columns.map((column, at) => (
                <Td key={column.label} right={at > 0}>
                  {column.text(row)}
                </Td>
              ))}
            </Tr>
          ))}
        </tbody>
      </Table>
      {rows.length > TABLE_ROWS && (
        <p className="border-t px-4 py-2 text-micro text-ink-3">
          The newest {TABLE_ROWS} of {rows.length} rows; the CSV file holds all.
        </p>
      )}
    </div>
  );
}
