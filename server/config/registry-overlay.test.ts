// The operator's own entries: written whole, found at the next start, never half, never over what cannot be read.
import { mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addressSchema, poolSchema, type Token } from "@/lib/registry/schema";
import { loadSettings } from "./load";
import { loadRegistry } from "./registry";
import { addToOverlay, overlayFileOf } from "./registry-overlay";

const TOKEN: Token = {
  chainId: 1,
  symbol: "EURC",
  address: "0x1aBaEA1f7C830bD89Acc67eC4af516284b1bC33c",
  decimals: 6,
  kind: "native",
  pegCurrency: "EUR",
};
const POOL = poolSchema.parse({
  pair: "WETH-USDC",
  chainId: 1,
  dex: "uniswap-v3",
  id: "0x1111111111111111111111111111111111111111",
  tokens: ["USDC", "WETH"],
  fee: 10_000,
  tickSpacing: 200,
});

const makeDir = (): string => mkdtempSync(join(tmpdir(), "tg-overlay-"));

describe("addToOverlay", () => {
  it("default: entries are added, replaced by identity and found at the next start", () => {
    const dataDir = makeDir();
    const file = overlayFileOf({ registryFile: null, dataDir });
    expect(addToOverlay(file, { tokens: [TOKEN] }).ok).toBe(true);
    expect(addToOverlay(file, { pools: [POOL] }).ok).toBe(true);
    const renamed = { ...TOKEN, address: addressSchema.parse(TOKEN.address.toLowerCase()), symbol: "EURO" };
    expect(addToOverlay(file, { tokens: [renamed] }).ok).toBe(true);

    const settings = loadSettings({ env: { TG_DATA_DIR: dataDir }, cwd: "/" });
    if (!settings.ok) throw settings.error;
    expect(settings.value.registryFile).toBe(file);
    const view = loadRegistry({ overlayFile: settings.value.registryFile, rpcUrls: new Map() });
    if (!view.ok) throw view.error;
    expect(view.value.registry.chains).toHaveLength(7);
    expect(view.value.token(1, "EURC")).toBeNull();
    expect(view.value.token(1, TOKEN.address)?.symbol).toBe("EURO");
    expect(view.value.poolsOf("WETH-USDC").some(({ pool }) => pool.id === POOL.id)).toBe(true);
    // Nothing but the file is left, and nobody else reads it.
    expect(readdirSync(dataDir)).toEqual(["registry.json"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("error: invalid leaves the file as it is", () => {
    const file = join(makeDir(), "registry.json");
    writeFileSync(file, "{");
    expect(addToOverlay(file, { tokens: [TOKEN] }).ok).toBe(false);
    expect(readFileSync(file, "utf8")).toBe("{");
    const other = join(makeDir(), "registry.json");
    expect(addToOverlay(other, { tokens: [TOKEN] }).ok).toBe(true);
    const before = readFileSync(other, "utf8");
    expect(addToOverlay(other, { tokens: [{ ...TOKEN, decimals: 99 }] }).ok).toBe(false);
    expect(readFileSync(other, "utf8")).toBe(before);
  });

  it("error: unwritable", () => {
    const added = addToOverlay(join(makeDir(), "missing", "registry.json"), { tokens: [TOKEN] });
    expect(added.ok ? null : added.error.code).toBe("unwritable");
  });

  it("default: TG_REGISTRY_FILE comes first, and without any file there is no overlay", () => {
    const dataDir = makeDir();
    const named = loadSettings({ env: { TG_DATA_DIR: dataDir, TG_REGISTRY_FILE: "own.json" }, cwd: dataDir });
    expect(named.ok && named.value.registryFile).toBe(join(dataDir, "own.json"));
    const none = loadSettings({ env: { TG_DATA_DIR: dataDir }, cwd: dataDir });
    expect(none.ok && none.value.registryFile).toBeNull();
  });
});
