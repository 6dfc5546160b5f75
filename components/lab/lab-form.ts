// The lab's form as text, as people type it, and as a checked request; every refusal names its field and what it expects.
import * as z from "zod";
import type { TwinName } from "@/lib/backtest/report";
import { DEFAULT_MODEL_KAPPA } from "@/lib/backtest/volume-model";

export const DATA_KINDS = ["sample", "market", "file"] as const;
export type DataKind = (typeof DATA_KINDS)[number];

/** Every field as its input holds it. */
export interface LabForm {
  readonly name: string;
  readonly data: DataKind;
  /** Key of a pool of the running system, for `market`; its facts fill the fields below. */
  readonly poolKey: string;
  /** Kappa the fee estimate begins at, when the pool itself was not recorded. */
  readonly modelKappa: string;
  /** Symbols, for `file`. */
  readonly base: string;
  readonly quote: string;
  readonly isStablePair: boolean;
  readonly baseDecimals: string;
  readonly quoteDecimals: string;
  readonly baseIsToken0: boolean;
  readonly feePercent: string;
  readonly tickSpacing: string;
  readonly protocolSharePercent: string;
  /** `YYYY-MM-DD`, UTC; empty for everything there is. */
  readonly from: string;
  readonly to: string;
  readonly capitalUsd: string;
  readonly gasUsdPerTx: string;
  readonly swapCostBps: string;
  readonly allowCash: boolean;
  readonly policy: "forces" | "carry";
  readonly optimizer: boolean;
  readonly windows: string;
  readonly seed: string;
  readonly baseMin: string;
  readonly baseMax: string;
  readonly vforceExp: string;
  readonly vforceDivider: string;
  readonly rsThreshold: string;
}

/** As a pool of WETH and USDC at 0.05 % on a cheap chain; range parameters empty = the pair's defaults. */
export const DEFAULT_FORM: LabForm = {
  name: "",
  data: "sample",
  poolKey: "",
  modelKappa: String(DEFAULT_MODEL_KAPPA),
  base: "WETH",
  quote: "USDC",
  isStablePair: false,
  baseDecimals: "18",
  quoteDecimals: "6",
  baseIsToken0: false,
  feePercent: "0.05",
  tickSpacing: "10",
  protocolSharePercent: "0",
  from: "",
  to: "",
  capitalUsd: "100000",
  gasUsdPerTx: "0.1",
  swapCostBps: "5",
  allowCash: true,
  policy: "forces",
  optimizer: true,
  windows: "1",
  seed: "1",
  baseMin: "",
  baseMax: "",
  vforceExp: "",
  vforceDivider: "",
  rsThreshold: "",
};

function number(what: string, min: number, max: number): z.ZodType<number, string> {
  const expected = `${what}: expected a number from ${min} to ${max}`;
  return z
    .string()
    .trim()
    .refine((text) => text !== "" && Number.isFinite(Number(text)), expected)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expected);
}

function integer(what: string, min: number, max: number): z.ZodType<number, string> {
  return number(what, min, max).refine((value) => Number.isInteger(value), `${what}: expected a whole number`);
}

/** Empty means the default. */
function optional(what: string, min: number, max: number): z.ZodType<number | null, string> {
  const inner = number(what, min, max);
  return z
    .string()
    .trim()
    .transform((text, context): number | null => {
      if (text === "") return null;
      const parsed = inner.safeParse(text);
      if (parsed.success) return parsed.data;
      context.addIssue({ code: "custom", message: parsed.error.issues[0]?.message ?? what });
      return z.NEVER;
    });
}

const symbol = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9.]{1,16}$/, "Symbol: expected 1 to 16 letters or digits, like WETH");

const day = z
  .string()
  .trim()
  .refine((text) => text === "" || Number.isFinite(Date.parse(`${text}T00:00:00Z`)), "Day: expected YYYY-MM-DD")
  .transform((text) => (text === "" ? null : Date.parse(`${text}T00:00:00Z`)));

const DAY_MS = 86_400_000;

/** Bounds of the five range parameters are those of strategy.md section 8. */
const formSchema = z
  .object({
    name: z.string().trim().max(80, "Name: expected at most 80 characters"),
    data: z.enum(DATA_KINDS),
    poolKey: z.string(),
    modelKappa: number("Assumed kappa", 0, 10),
    base: symbol,
    quote: symbol,
    isStablePair: z.boolean(),
    baseDecimals: integer("Decimals", 0, 24),
    quoteDecimals: integer("Decimals", 0, 24),
    baseIsToken0: z.boolean(),
    feePercent: number("Pool fee in percent", 0.0001, 10),
    tickSpacing: integer("Tick spacing", 1, 2_000),
    protocolSharePercent: number("Protocol's share in percent", 0, 50),
    from: day,
    to: day,
    capitalUsd: number("Capital in US dollars", 1, 1e9),
    gasUsdPerTx: number("Gas per transaction in US dollars", 0, 1_000),
    swapCostBps: number("Swap cost in basis points", 0, 1_000),
    allowCash: z.boolean(),
    policy: z.enum(["forces", "carry"]),
    optimizer: z.boolean(),
    windows: integer("Windows", 1, 50),
    seed: integer("Seed", 0, 4_294_967_295),
    baseMin: optional("Narrowest half-width", 1e-4, 5e-3),
    baseMax: optional("Widest half-width", 5e-3, 0.5),
    vforceExp: optional("Volatility exponent", 0.5, 2),
    vforceDivider: optional("Volatility divider", 10, 200),
    rsThreshold: optional("Shift threshold", 0.1, 1),
  })
  .refine((form) => form.from === null || form.to === null || form.from <= form.to, {
    path: ["to"],
    message: "Until: expected the first day or a later one",
  })
  .refine((form) => form.data !== "market" || form.poolKey !== "", {
    path: ["poolKey"],
    message: "Pool: choose a pool of the running system",
  });

type Checked = z.output<typeof formSchema>;

/** A request whose numbers are checked; days are the first instant of `from` and the last of `to`. */
export interface LabRequest extends Omit<Checked, "from" | "to" | "feePercent" | "protocolSharePercent"> {
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly feePips: number;
  readonly protocolShareFrac: number;
  /** Liquidity of others from 1 % below to 1 % above the price, where it was read; missing: a mid-sized pool's. */
  readonly depthUsd?: number;
  /** Missing: all of them. */
  readonly twins?: readonly TwinName[];
}

export type FormErrors = Readonly<Partial<Record<keyof LabForm, string>>>;
export type FormResult =
  { readonly ok: true; readonly value: LabRequest } | { readonly ok: false; readonly errors: FormErrors };

export function checkForm(form: LabForm): FormResult {
  const parsed = formSchema.safeParse(form);
  if (!parsed.success) {
    const errors: Record<string, string> = {};
    for (const issue of parsed.error.issues) errors[String(issue.path[0])] ??= issue.message;
    return { ok: false, errors };
  }
  const { from, to, feePercent, protocolSharePercent, ...rest } = parsed.data;
  return {
    ok: true,
    value: {
      ...rest,
      fromMs: from,
      toMs: to === null ? null : to + DAY_MS,
      feePips: Math.round(feePercent * 10_000),
      protocolShareFrac: protocolSharePercent / 100,
    },
  };
}
