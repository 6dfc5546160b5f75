// What to run: data, money, costs, policy, windows; then progress with a way to stop, or what went wrong.
"use client";
import { useState, type ReactNode } from "react";
import { api } from "@/components/live/api";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { SelectField, TextField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Status } from "@/components/ui/status";
import type { BacktestReport } from "@/lib/backtest/report";
import { formatBytes } from "@/lib/format/bytes";
import { formatFeePips } from "@/lib/format/percent";
import { checkForm, DATA_KINDS, DEFAULT_FORM, type DataKind, type FormErrors, type LabForm } from "./lab-form";
import { loadRecorded, loadSample, type LoadedData } from "./load-data";
import { SAMPLE_FORM } from "./lab-sample";
import { newRunId } from "./run-id";
import { RunProgress } from "./run-progress";
import type { KeptRun } from "./run-store";
import { useLabRun } from "./use-lab-run";
import { useRunActs } from "./use-runs";

const DATA_LABEL: Readonly<Record<DataKind, string>> = { sample: "Sample", market: "Recorded", file: "File" };
/** A pair whose price is within 2 % of 1 is taken for pegged; the reader may say otherwise. */
const PEG_LOG = 0.02;
/** A file beyond this would not fit into a tab's memory several times over. */
const MOST_BYTES = 400_000_000;

export function RunForm({ onDone }: { readonly onDone: (id: string, policy: "forces" | "carry") => void }): ReactNode {
  const [form, setForm] = useState<LabForm>(SAMPLE_FORM);
  const [candles, setCandles] = useState<File | null>(null);
  const [poolMinutes, setPoolMinutes] = useState<File | null>(null);
  const [errors, setErrors] = useState<FormErrors>({});
  const [fileError, setFileError] = useState<string | null>(null);
  const [kept, setKept] = useState<string | null>(null);
  const [isReading, setReading] = useState(false);
  const pools = useApi("pools", {}, { enabled: form.data === "market" }).data?.pools ?? [];
  const environment = useApi("environment").data;
  const pool = pools.find((each) => each.poolKey === form.poolKey);
  const acts = useRunActs();
  const run = useLabRun();
  const isRunning = run.state.kind === "running";

  const set = (change: Partial<LabForm>): void => {
    setForm((old) => ({
      ...old,
      ...change,
      ...(change.data === undefined ? {} : startOf(change.data)),
    }));
    setErrors({});
  };
  const text = (key: keyof LabForm & TextKey) => ({
    value: form[key],
    error: errors[key] ?? null,
    inputMode: "decimal" as const,
    autoComplete: "off",
    onChange: (event: { target: { value: string } }) => set({ [key]: event.target.value }),
  });

  const start = async (): Promise<void> => {
    setKept(null);
    const checked = checkForm(form);
    setErrors(checked.ok ? {} : checked.errors);
    const tooLarge = [candles, poolMinutes].find((file) => file !== null && file.size > MOST_BYTES);
    const missing =
      form.data !== "file"
        ? null
        : candles === null && poolMinutes === null
          ? "Choose a candle file or a pool-minutes file."
          : tooLarge !== undefined && tooLarge !== null
            ? `${tooLarge.name} has ${formatBytes(tooLarge.size)}; expected at most ${formatBytes(MOST_BYTES)}.`
            : null;
    setFileError(missing);
    if (!checked.ok || missing !== null) return;
    let loaded: LoadedData;
    setReading(true);
    try {
      loaded =
        form.data === "sample"
          ? await loadSample(checked.value)
          : form.data === "market" && pool !== undefined
            ? await loadRecorded(api, checked.value, pool)
            : {
                request: checked.value,
                data: { kind: "files", candles, poolMinutes },
                source: [candles?.name, poolMinutes?.name].filter((name) => name !== undefined).join(" and "),
                isSimulated: false,
              };
    } catch (cause) {
      run.fail(cause instanceof Error ? cause.message : "The data could not be read.");
      return;
    } finally {
      setReading(false);
    }
    const { request, data, source, isSimulated } = loaded;
    run.start({ request, data }, (report) => {
      const finished: KeptRun = {
        id: newRunId(),
        name: request.name === "" ? nameOf(report, request.policy) : request.name,
        savedAtMs: Date.now(),
        source,
        isSimulated: isSimulated || (request.data === "market" && (environment?.sandbox ?? null) !== null),
        report,
      };
      void acts.keep(finished).then(setKept);
      onDone(finished.id, request.policy);
    });
  };

  return (
    <Panel title="New run">
      <form
        className="grid gap-3.5"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <div>
          <div className="mb-1 text-dense text-ink-2">Data</div>
          <Segmented
            label="Data"
            value={form.data}
            options={DATA_KINDS.map((value) => ({ value, label: DATA_LABEL[value] }))}
            onChange={(data) => set({ data })}
          />
        </div>
        {form.data === "sample" && (
          <p className="text-dense text-ink-2">
            One-minute candles of WETH-USDC from Tidegate&rsquo;s own market simulator. Good to try parameters, no
            evidence about a real market.
          </p>
        )}
        {form.data === "market" && (
          <SelectField
            label="Pool of the running system"
            value={form.poolKey}
            error={errors.poolKey ?? null}
            help="Minutes its collector has kept, at most 90 days. Fees are an estimate from volume."
            onChange={(event) => {
              const found = pools.find((each) => each.poolKey === event.target.value);
              const price = found?.price ?? null;
              set({
                poolKey: found?.poolKey ?? "",
                isStablePair: price !== null && Math.abs(Math.log(price)) < PEG_LOG,
                ...(found?.feePips == null ? {} : { feePercent: String(found.feePips / 10_000) }),
                ...(found?.tickSpacing == null ? {} : { tickSpacing: String(found.tickSpacing) }),
              });
            }}
          >
            <option value="">Choose a pool</option>
            {pools.map((each) => (
              <option key={each.poolKey} value={each.poolKey}>
                {each.pairId}, {each.dexName} {formatFeePips(each.feePips)}
              </option>
            ))}
          </SelectField>
        )}
        {form.data === "file" && (
          <>
            <FileField
              label="Candles, csv or csv.gz"
              help="Columns ts_ms, open, high, low, close, volume. Stays in this browser."
              file={candles}
              onChoose={setCandles}
            />
            <FileField
              label="Pool minutes, csv or csv.gz (optional)"
              help="The pool per minute: with it fees are our share of the liquidity, without it they are an estimate."
              file={poolMinutes}
              onChoose={setPoolMinutes}
            />
            {fileError !== null && (
              <p role="alert" className="text-dense text-warn">
                {fileError}
              </p>
            )}
            <div className="grid grid-cols-2 gap-3">
              <TextField label="Base" {...text("base")} inputMode="text" />
              <TextField label="Quote" {...text("quote")} inputMode="text" />
              <TextField label="Base decimals" {...text("baseDecimals")} />
              <TextField label="Quote decimals" {...text("quoteDecimals")} />
              <TextField label="Pool fee, %" {...text("feePercent")} />
              <TextField label="Tick spacing" {...text("tickSpacing")} />
              <TextField label="Protocol's share, %" {...text("protocolSharePercent")} />
            </div>
            <Check
              label="Base is token0 of the pool"
              isOn={form.baseIsToken0}
              onChange={(baseIsToken0) => set({ baseIsToken0 })}
            />
          </>
        )}
        {form.data !== "sample" && (
          <Check
            label="Both tokens follow the same peg"
            isOn={form.isStablePair}
            onChange={(isStablePair) => set({ isStablePair })}
          />
        )}
        <div className="grid grid-cols-2 gap-3">
          <TextField label="From (UTC)" {...text("from")} type="date" />
          <TextField label="Until" {...text("to")} type="date" />
          <TextField label="Capital, $" {...text("capitalUsd")} />
          <TextField label="Gas per tx, $" {...text("gasUsdPerTx")} />
          <TextField label="Swap cost, bp" {...text("swapCostBps")} />
          <TextField label="Windows" {...text("windows")} inputMode="numeric" />
        </div>
        <SelectField
          label="Policy looked at"
          value={form.policy}
          help="Both always run; this one opens first."
          onChange={(event) => set({ policy: event.target.value === "carry" ? "carry" : "forces" })}
        >
          <option value="forces">Forces: width from volatility and trend</option>
          <option value="carry">Carry: width from what the pool paid</option>
        </SelectField>
        <Check
          label="Cash is allowed: nothing is deployed at an expected loss"
          isOn={form.allowCash}
          onChange={(allowCash) => set({ allowCash })}
        />
        <details>
          <summary className="min-h-6 text-dense text-ink-2">Parameters, seed and name</summary>
          <div className="mt-3 grid gap-3">
            <Check
              label="Tune the parameters to the pair's own history as it goes (slower)"
              isOn={form.optimizer}
              onChange={(optimizer) => set({ optimizer })}
            />
            <div className="grid grid-cols-2 gap-3">
              <TextField label="Narrowest half-width" placeholder="default" {...text("baseMin")} />
              <TextField label="Widest half-width" placeholder="default" {...text("baseMax")} />
              <TextField label="Volatility exponent" placeholder="default" {...text("vforceExp")} />
              <TextField label="Volatility divider" placeholder="default" {...text("vforceDivider")} />
              <TextField label="Shift threshold" placeholder="default" {...text("rsThreshold")} />
              <TextField label="Assumed kappa" help="without pool data" {...text("modelKappa")} />
              <TextField label="Seed" {...text("seed")} inputMode="numeric" />
            </div>
            <TextField label="Name" placeholder="made from the settings" {...text("name")} inputMode="text" />
          </div>
        </details>
        {isRunning ? (
          <RunProgress run={run} />
        ) : (
          <Button type="submit" kind="primary" busy={isReading ? "Reading the data" : null}>
            Run the backtest
          </Button>
        )}
        <div role="status" className="grid gap-1 text-dense empty:hidden">
          {run.state.kind === "failed" && (
            <p>
              <Status tone="warn">The run failed</Status> <span className="text-ink-2">{run.state.message}</span>
            </p>
          )}
          {run.state.kind === "stopped" && <p className="text-ink-2">Stopped. Nothing was kept.</p>}
          {kept !== null && (
            <p>
              <Status tone="warn">Not kept</Status> <span className="text-ink-2">{kept}</span>
            </p>
          )}
        </div>
      </form>
    </Panel>
  );
}

/** Period, windows and assumed kappa fit the data: the sample's market pays differently from a real one (lab-sample.ts). */
function startOf(data: DataKind): Partial<LabForm> {
  const { from, to, windows, modelKappa } = data === "sample" ? SAMPLE_FORM : DEFAULT_FORM;
  return { from, to, windows, modelKappa };
}

/** Fields that hold text of their own. */
type TextKey = {
  [K in keyof LabForm]: LabForm[K] extends string ? (string extends LabForm[K] ? K : never) : never;
}[keyof LabForm];

function Check({
  label,
  isOn,
  onChange,
}: {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}): ReactNode {
  return (
    <label className="flex min-h-8 items-center gap-2.5 text-dense text-ink-2">
      <input
        type="checkbox"
        className="size-4 shrink-0 accent-tide"
        checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

function FileField({
  label,
  help,
  file,
  onChoose,
}: {
  readonly label: string;
  readonly help: string;
  readonly file: File | null;
  readonly onChoose: (file: File | null) => void;
}): ReactNode {
  return (
    <TextField
      label={label}
      help={file === null ? help : `${file.name}, ${formatBytes(file.size)}`}
      type="file"
      accept=".csv,.gz,text/csv,application/gzip"
      className="[&_input]:h-auto [&_input]:py-2"
      onChange={(event) => onChoose(event.target.files?.[0] ?? null)}
    />
  );
}

function nameOf(report: BacktestReport, policy: string): string {
  const days = Math.round((report.period.toMs - report.period.fromMs) / 86_400_000);
  const { pair, capitalUsd, gasUsdPerTx } = report.settings;
  return [
    `${typeof pair === "string" ? pair : "Run"} ${days} d, ${policy}`,
    ...(typeof capitalUsd === "number" ? [`$${capitalUsd}`] : []),
    ...(typeof gasUsdPerTx === "number" ? [`gas $${gasUsdPerTx}`] : []),
  ].join(", ");
}
