// The settings form of a pair as data: each field with its bounds in words, what was typed as text, and what has changed, before anything is signed.
import { formatPercent } from "@/lib/format/percent";
import { formatUsd } from "@/lib/format/usd";
import {
  pairParamsSchema,
  pairSettingsSchema,
  type PairLimits,
  type PairParams,
  type PairSettings,
} from "@/lib/registry/pair-settings";

type Unit = "usd" | "count" | "percent" | "minutes" | "hours" | "bps" | "plain" | "switch";

/** How many of the stored unit one unit of the field is. */
const SCALE: Readonly<Record<Unit, number>> = {
  usd: 1,
  count: 1,
  percent: 0.01,
  minutes: 60_000,
  hours: 3_600_000,
  bps: 1,
  plain: 1,
  switch: 1,
};
const UNIT_WORDS: Readonly<Record<Unit, string>> = {
  usd: "$",
  count: "",
  percent: "%",
  minutes: "min",
  hours: "h",
  bps: "bp",
  plain: "",
  switch: "",
};

type NumericParam = {
  [K in keyof PairParams]: PairParams[K] extends number ? K : never;
}[keyof PairParams];
type SwitchParam = "allowCash" | "optimizerEnabled";

type FieldId = `limits.${keyof PairLimits}` | `params.${NumericParam}` | `params.${SwitchParam}` | "planExpiryMs";

export interface SettingField {
  readonly id: FieldId;
  readonly label: string;
  readonly help: string;
  readonly unit: Unit;
}

export const FIELD_GROUPS: readonly { readonly title: string; readonly fields: readonly SettingField[] }[] = [
  {
    title: "Limits, held by the signer",
    fields: [
      { id: "limits.maxUsdPerTx", label: "Per transaction", help: "A step above it is refused.", unit: "usd" },
      { id: "limits.maxUsdPerPlan", label: "Per plan", help: "A plan above it is refused.", unit: "usd" },
      { id: "limits.maxUsdPerDay", label: "Per day", help: "Sum of all plans of a UTC day.", unit: "usd" },
      { id: "limits.maxTxPerDay", label: "Transactions per day", help: "Counted as they are signed.", unit: "count" },
      { id: "limits.maxGasUsdPerDay", label: "Gas per day", help: "Beyond it nothing new is started.", unit: "usd" },
      {
        id: "planExpiryMs",
        label: "A plan waits for approval",
        help: "Then HOLD. 1 to 1,440 minutes.",
        unit: "minutes",
      },
    ],
  },
  {
    title: "Strategy, from the next epoch",
    fields: [
      { id: "params.allowCash", label: "Cash is allowed", help: "No deployment at an expected loss.", unit: "switch" },
      {
        id: "params.optimizerEnabled",
        label: "Search for parameters",
        help: "Only what does better on bars it never saw is taken.",
        unit: "switch",
      },
      { id: "params.maxPools", label: "Most pools at once", help: "1 to 8.", unit: "count" },
      { id: "params.cashReserveFrac", label: "Kept in the wallet", help: "Part of the capital.", unit: "percent" },
      { id: "params.poolCapFrac", label: "Most of a pool’s liquidity", help: "Our part of it.", unit: "percent" },
      {
        id: "params.minTvlUsd",
        label: "Least value locked in a pool",
        help: "Smaller ones are left out.",
        unit: "usd",
      },
      { id: "params.praThresholdFrac", label: "Better by, to move pools", help: "Of the income now.", unit: "percent" },
      { id: "params.rsThreshold", label: "Divergence to shift a range", help: "0.1 to 1.", unit: "plain" },
      { id: "params.minHoldMs", label: "Least time between moves", help: "Of capital between pools.", unit: "hours" },
      { id: "params.maxSlippageBps", label: "Most slippage", help: "1 to 500 bp.", unit: "bps" },
    ],
  },
];

/** Text per field; an empty one means the default of the pair. */
export type FormText = Readonly<Partial<Record<FieldId, string>>>;

const FIELDS = FIELD_GROUPS.flatMap(({ fields }) => fields);

function storedOf(settings: PairSettings, id: FieldId): number | boolean | undefined {
  if (id === "planExpiryMs") return settings.planExpiryMs;
  const [group, key = ""] = id.split(".");
  const found: unknown = Object.entries(group === "limits" ? settings.limits : settings.params).find(
    ([name]) => name === key,
  )?.[1];
  return typeof found === "number" || typeof found === "boolean" ? found : undefined;
}

export function textOf(settings: PairSettings): FormText {
  const text: Partial<Record<FieldId, string>> = {};
  for (const { id, unit } of FIELDS) {
    const stored = storedOf(settings, id);
    text[id] =
      stored === undefined ? "" : typeof stored === "boolean" ? (stored ? "on" : "off") : plain(stored / SCALE[unit]);
  }
  return text;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(12)));
}

type FormResult =
  | { readonly ok: true; readonly settings: PairSettings }
  | { readonly ok: false; readonly problems: Readonly<Partial<Record<FieldId, string>>> };

/** What was typed as settings, or what is wrong with which field. Everything the form does not show stays as it is. */
export function readForm(before: PairSettings, text: FormText): FormResult {
  const problems: Partial<Record<FieldId, string>> = {};
  const params = new Map<string, unknown>(Object.entries(before.params));
  const limits = new Map<string, unknown>(Object.entries(before.limits));
  let planExpiryMs = before.planExpiryMs;
  for (const { id, unit } of FIELDS) {
    const typed = (text[id] ?? "").trim().replaceAll(",", "");
    const [group, key = ""] = id.split(".");
    if (group === "params") {
      params.delete(key);
      if (typed === "") continue;
    }
    const value = unit === "switch" ? typed === "on" : Number(typed) * SCALE[unit];
    if (typed === "" || (typeof value === "number" && !Number.isFinite(value))) {
      problems[id] = typed === "" ? "A number is needed here." : `“${typed}” is not a number.`;
      continue;
    }
    const rounded = typeof value === "number" ? roundTo(id, value) : value;
    const problem = problemOf(id, rounded);
    if (problem !== null) problems[id] = problem;
    else if (group === "params") params.set(key, rounded);
    else if (group === "limits") limits.set(key, rounded);
    else if (typeof rounded === "number") planExpiryMs = rounded;
  }
  if (Object.keys(problems).length > 0) return { ok: false, problems };
  const parsed = pairSettingsSchema.safeParse({
    ...before,
    params: Object.fromEntries(params),
    limits: Object.fromEntries(limits),
    planExpiryMs,
  });
  if (parsed.success) return { ok: true, settings: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, problems: { "limits.maxUsdPerTx": issue?.message ?? "These settings do not fit together." } };
}

/** Times are stored in whole milliseconds. */
function roundTo(id: FieldId, value: number): number {
  return id.endsWith("Ms") ? Math.round(value) : Number(value.toPrecision(12));
}

/** What the schema says about one value. */
function problemOf(id: FieldId, value: number | boolean): string | null {
  const [group, key = ""] = id.split(".");
  const result =
    group === "params"
      ? pairParamsSchema.partial().safeParse({ [key]: value })
      : group === "limits"
        ? pairSettingsSchema.shape.limits.partial().safeParse({ [key]: value })
        : pairSettingsSchema.partial().safeParse({ planExpiryMs: value });
  return result.success ? null : (result.error.issues[0]?.message ?? "This value is not allowed.");
}

interface SettingChange {
  readonly id: FieldId;
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** What differs, in words with units; an unset parameter is the default. */
export function changesOf(before: PairSettings, after: PairSettings): readonly SettingChange[] {
  return FIELDS.flatMap(({ id, label, unit }) => {
    const [old, next] = [storedOf(before, id), storedOf(after, id)];
    return old === next ? [] : [{ id, label, before: shown(old, unit), after: shown(next, unit) }];
  });
}

function shown(value: number | boolean | undefined, unit: Unit): string {
  if (value === undefined) return "default";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (unit === "usd") return formatUsd(value);
  if (unit === "percent") return formatPercent(value);
  const words = UNIT_WORDS[unit];
  return `${plain(value / SCALE[unit])}${words === "" ? "" : ` ${words}`}`;
}

export function unitWords(unit: Unit): string {
  return UNIT_WORDS[unit];
}
