// The bundled sample: what its market is, and the request its finished run answers.
import { checkForm, DEFAULT_FORM, type LabForm, type LabRequest } from "./lab-form";

export const SAMPLE_CANDLES_URL = "/lab/sample-candles.csv.gz";

/** WETH-USDC of the market simulator, a 0.05 % pool as the devnet deploys it. */
const SAMPLE_POOL = {
  base: "WETH",
  quote: "USDC",
  isStablePair: false,
  baseDecimals: 18,
  quoteDecimals: 6,
  baseIsToken0: false,
  feePips: 500,
  tickSpacing: 10,
  protocolShareFrac: 0,
} as const;

/**
 * The sample's run as the form would ask for it: after ten days of history, five windows. The simulated market changes between calm
 * and wild more regularly than a real one, which a strategy can use: its pool is taken to pay less than real ones did.
 */
export const SAMPLE_FORM: LabForm = { ...DEFAULT_FORM, windows: "5", from: "2026-10-13", modelKappa: "1" };

/** Any request, on the sample's pool. */
export function sampleRequest(request: LabRequest): LabRequest {
  return { ...request, ...SAMPLE_POOL };
}

/** The request whose report is bundled. */
export function bundledRequest(): LabRequest {
  const checked = checkForm(SAMPLE_FORM);
  if (!checked.ok) throw new Error(`The sample's form is not valid: ${Object.values(checked.errors).join("; ")}`);
  return sampleRequest(checked.value);
}
