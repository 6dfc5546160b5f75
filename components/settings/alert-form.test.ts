// The form of the alert settings: what was typed becomes settings or a named problem; nothing else changes.
import { describe, expect, it } from "vitest";
import { alertSettingsSchema, DEFAULT_ALERT_SETTINGS } from "@/lib/alerts/settings";
import { alertChanges, alertTextOf, readAlertForm } from "./alert-form";
import { chatRows, withChatRow, withoutChatRow } from "./chat-form";

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

  it("happy: people of the chat are listed by name as they come, change and go, whatever their rows", () => {
    const [ada, bob] = [`0x${"aa".repeat(20)}`, `0x${"bb".repeat(20)}`];
    const before = {
      chat: {
        enabled: true,
        users: [
          { userId: "1", address: ada },
          { userId: "2", address: bob },
        ],
      },
    };
    const settings = alertSettingsSchema.parse(before);
    const text = withChatRow(withoutChatRow(alertTextOf(settings), 0), "3");
    expect(chatRows(text)).toEqual([1, 2]);
    const result = readAlertForm(settings, { ...text, "chat.2.address": ada, "chat.1.address": ada });
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const names = new Map([
      [ada, "Ada"],
      [bob, "Bob"],
    ]);
    expect(alertChanges(settings, result.settings, (address) => names.get(address) ?? address)).toEqual([
      { id: "chat.1", label: "Telegram user 1 stands for", before: "Ada", after: "nobody" },
      { id: "chat.2", label: "Telegram user 2 stands for", before: "Bob", after: "Ada" },
      { id: "chat.3", label: "Telegram user 3 stands for", before: "nobody", after: "Ada" },
    ]);
    expect(read(before, {}).result).toEqual({ ok: true, settings });
  });

  it("error: a chat line without a person, with a name for a number, or twice is said at its field", () => {
    const address = `0x${"aa".repeat(20)}`;
    const { result } = read(
      { chat: { users: [{ userId: "7", address }] } },
      { "chat.1.userId": "@ada", "chat.1.address": address, "chat.2.userId": "7", "chat.2.address": "" },
    );
    if (result.ok) throw new Error("the form took everything");
    expect(Object.keys(result.problems).toSorted()).toEqual(["chat.1.userId", "chat.2.address", "chat.2.userId"]);
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
