// The environment: defaults, lists, refusals with the key named.
import { describe, expect, it } from "vitest";
import { envExample, parseEnv, SIGNER_ONLY_KEYS, withoutSignerKeys } from "./env";
import { loadSettings } from "./load";

describe("parseEnv", () => {
  it("default: an empty environment is enough", () => {
    const env = parseEnv({});
    expect(env.ok && env.value.TG_DATA_DIR).toBe(".tidegate");
    expect(env.ok && env.value.TG_OPS_PORT).toBe(3001);
  });

  it("behavior: an empty value counts as not set", () => {
    const env = parseEnv({ TG_WEB_PORT: " ", TG_PAIRS: "" });
    expect(env.ok && env.value.TG_WEB_PORT).toBe(3000);
    expect(env.ok && env.value.TG_PAIRS).toBeUndefined();
  });

  it("behavior: reads endpoints per chain in their order", () => {
    const env = parseEnv({ TG_RPC_8453: "https://a.example/x, https://b.example" });
    expect(env.ok && env.value.rpcUrls.get(8453)).toEqual(["https://a.example/x", "https://b.example"]);
  });

  it("behavior: a private relay per chain is one address, and only the signer's process gets it", () => {
    const env = parseEnv({ TG_RELAY_1: "https://relay.example/key" });
    expect(env.ok && env.value.relayUrls.get(1)).toBe("https://relay.example/key");
    expect(withoutSignerKeys({ TG_RELAY_1: "https://relay.example/key", TG_DATA_DIR: "x" })).toEqual({
      TG_DATA_DIR: "x",
    });
  });

  it.each([
    ["TG_RELAY_1", "https://a.example, https://b.example"],
    ["TG_WEB_PORT", "99999"],
    ["TG_PAIRS", "weth-usdc"],
    ["TG_OWNERS", "0x12"],
    ["TG_PUBLIC_READ", "yes"],
    ["TG_GECKO_URL", "ftp://x"],
    ["TG_RPC_1", "not an address"],
    ["TG_WEBPORT", "3000"],
  ])("error: invalid names the key %s", (key, value) => {
    const env = parseEnv({ [key]: value });
    expect(env.ok).toBe(false);
    if (!env.ok) {
      expect(env.error.code).toBe("invalid");
      expect(env.error.details["key"]).toBe(key);
    }
  });
});

describe("loadSettings", () => {
  it("behavior: overrides win over the environment, folders become absolute", () => {
    const settings = loadSettings({
      env: { TG_DATA_DIR: "a", TG_OPS_PORT: "4000" },
      cwd: "/srv",
      overrides: { opsPort: 5000 },
    });
    expect(settings.ok && settings.value.dataDir).toBe("/srv/a");
    expect(settings.ok && settings.value.opsPort).toBe(5000);
    expect(settings.ok && settings.value.keystoreFile).toBe("/srv/a/signer/keystore.json");
  });

  it("error: missing when OpenObserve has an address but no user", () => {
    const settings = loadSettings({ env: { TG_OPENOBSERVE_URL: "http://localhost:5080" }, cwd: "/" });
    expect(!settings.ok && settings.error.code).toBe("missing");
  });
});

const load = (env: Readonly<Record<string, string>>) => loadSettings({ env, cwd: "/" });

describe("second quote service", () => {
  it("default: off; an address and its headers switch it on", () => {
    const none = load({});
    expect(none.ok && none.value.secondQuotes).toBeNull();
    const own = load({ TG_QUOTE2_URL: "https://quotes.example/v1", TG_QUOTE2_HEADERS: '{"x-api-key":"k"}' });
    expect(own.ok && own.value.secondQuotes).toEqual({
      url: "https://quotes.example/v1",
      headers: { "x-api-key": "k" },
    });
  });

  it("error: invalid headers are told without their text", () => {
    const broken = load({ TG_QUOTE2_URL: "https://quotes.example/v1", TG_QUOTE2_HEADERS: "k-secret" });
    expect(!broken.ok && broken.error.code).toBe("invalid");
    expect(!broken.ok && broken.error.message).not.toContain("k-secret");
  });
});

describe("withoutSignerKeys", () => {
  it("behavior: no setting that leads to a key reaches another process than the signer", () => {
    const keys = [...envExample().matchAll(/^# (TG_\w+)=/gm)].map((found) => found[1] ?? "");
    const leading = keys.filter((key) => /KEYSTORE|SIGNER|PASSPHRASE|PRIVATE_KEY|MNEMONIC|KILL/.test(key));
    expect(leading).toEqual(expect.arrayContaining(["TG_KEYSTORE", "TG_REMOTE_SIGNER", "TG_REMOTE_SIGNER_ADDRESS"]));
    expect(leading.filter((key) => !SIGNER_ONLY_KEYS.has(key))).toEqual([]);
    const all = Object.fromEntries(keys.map((key) => [key, "x"]));
    expect(Object.keys(withoutSignerKeys(all)).filter((key) => leading.includes(key))).toEqual([]);
    expect(withoutSignerKeys(all)["TG_DATA_DIR"]).toBe("x");
  });
});
