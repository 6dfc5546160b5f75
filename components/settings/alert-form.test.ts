// The form of the alert settings: what was typed becomes settings or a named problem; nothing else changes.
import { describe, expect, it } from "vitest";
import { alertSettingsSchema, DEFAULT_ALERT_SETTINGS } from "@/lib/alerts/settings";
import { alertChanges, alertTextOf, readAlertForm } from "./alert-form";

function read(before: unknown, change: Readonly<Record<string, string>>) {
  const settings = alertSettingsSchema.parse(before);
  return { settings, result: readAlertForm(settings, { ...alertTextOf(settings), ...change }) };
}

describe("alert form", () => {
  it("happy: an untouched form gives the very settings", () => {
    const before = {
      rules: {
        out_of_range: { holdMin: 45, pairs: { "USDC-USDT": { severity: "critical" } } },
        depeg: { enabled: false },
      },
      quietHours: { from: "22:30", to: "07:00", timeZone: "Europe/Berlin" },
      channels: { ntfy: { tier: "escalation", pairs: ["USDC-USDT"] } },
    };
    const { settings, result } = read(before, {});
    expect(result).toEqual({ ok: true, settings });
    expect(readAlertForm(DEFAULT_ALERT_SETTINGS, alertTextOf(DEFAULT_ALERT_SETTINGS))).toEqual({
      ok: true,
      settings: DEFAULT_ALERT_SETTINGS,
    });
  });

  it("happy: each change is listed in words", () => {
    const { settings, result } = read(
      {},
      { "rule.rpc_lag.threshold": "120", "quiet.on": "on", "channel.ntfy.tier": "escalation" },
    );
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    expect(result.settings.rules.rpc_lag?.threshold).toBe(120);
    const words = alertChanges(settings, result.settings).map(
      ({ label, before, after }) => `${label}: ${before} > ${after}`,
    );
    expect(words).toContain("RPC lag, threshold: default > 120");
    expect(words).toContain("Quiet hours: off > on");
    expect(words).toContain("ntfy, told: at once > when nobody answers");
  });

  it("error: what cannot be is said at its field", () => {
    const { result } = read(
      {},
      {
        "rule.rpc_lag.threshold": "-1",
        "rule.depeg.holdMin": "soon",
        "quiet.on": "on",
        "quiet.from": "25:00",
        "quiet.timeZone": "Moon/Crater",
        "remind.critical": "0",
      },
    );
    if (result.ok) throw new Error("the form took everything");
    expect(Object.keys(result.problems).toSorted()).toEqual([
      "quiet.from",
      "quiet.timeZone",
      "remind.critical",
      "rule.depeg.holdMin",
      "rule.rpc_lag.threshold",
    ]);
  });

  it("behavior: a pair's own rule stays as it is when the rule is changed", () => {
    const { result } = read(
      { rules: { depeg: { pairs: { "USDC-USDT": { threshold: 0.2 } } } } },
      { "rule.depeg.level": "critical" },
    );
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    expect(result.settings.rules.depeg).toEqual({ severity: "critical", pairs: { "USDC-USDT": { threshold: 0.2 } } });
  });
});
