// The production channels, guard, outbox and engine against local servers that speak the real services' formats: delivery, refusal, restart, secrets.
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alertSettingsSchema, DEFAULT_ALERT_SETTINGS, type AlertSettings } from "@/lib/alerts/settings";
import { buildMessage } from "@/lib/alerts/message";
import type { Alert } from "@/lib/alerts/alert";
import type { AlertFacts } from "@/lib/alerts/facts";
import type { AlertRequest, AlertsState } from "@/lib/api/alert-schemas";
import { alertsStateSchema } from "@/lib/api/alert-schemas";
import { ok } from "@/lib/errors/result";
import { addressKind, guardTarget, type ResolvedAddress } from "@/server/alerts/address-guard";
import type { Channel } from "@/server/alerts/channels/channel";
import { createNtfy } from "@/server/alerts/channels/ntfy";
import { createTelegram } from "@/server/alerts/channels/telegram";
import { createWebhook } from "@/server/alerts/channels/webhook";
import { createDeadMan } from "@/server/alerts/dead-man";
import { createEngine, type Engine } from "@/server/alerts/engine";
import { openOutbox } from "@/server/alerts/outbox";
import { createPostman } from "@/server/alerts/postman";
import { createSend, type Send } from "@/server/alerts/send";
import { openStateFile } from "@/server/alerts/state-file";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import {
  BOT_TOKEN,
  CHAT,
  HOOK_SECRET,
  NTFY_TOKEN,
  NTFY_TOPIC,
  startAlertServices,
  type AlertServices,
} from "@/tests/support/alert-services";
import { alertFacts, pairFacts } from "@/tests/support/build-alerts";
import { makeTempDir } from "@/tests/support/embedded-servers";

const ORIGIN = "https://desk.example";

let services: AlertServices;
let folder: string;
/** Offset of the engine's clock: time passes when a test says so. */
let laterMs = 0;
const nowMs = (): number => Date.now() + laterMs;

const PUBLIC: readonly ResolvedAddress[] = [{ address: "93.184.216.34", family: 4 }];
const resolvePublic = () => Promise.resolve(PUBLIC);
const resolveMixed = () => Promise.resolve([...PUBLIC, { address: "10.0.0.1", family: 4 as const }]);
const resolveLocal = (host: string): Promise<readonly ResolvedAddress[]> =>
  host.startsWith("localhost") ? Promise.resolve([{ address: "127.0.0.1", family: 4 }]) : resolvePublic();

beforeEach(async () => {
  services = await startAlertServices();
  folder = makeTempDir("alerts");
  laterMs = 0;
});

afterEach(() => services.close());

function sendTo(privateHosts: readonly string[] = [services.host], timeoutMs = 5_000): Send {
  return createSend({ privateHosts, resolve: resolvePublic, timeoutMs });
}

function channels(send: Send = sendTo()): readonly [Channel, Channel, Channel] {
  return [
    createTelegram(send, { url: services.url, token: BOT_TOKEN, chat: CHAT }),
    createNtfy(send, { url: services.url, topic: NTFY_TOPIC, token: NTFY_TOKEN }),
    createWebhook(send, { url: `${services.url}/hook`, secret: HOOK_SECRET }, Date.now),
  ];
}

function alertOf(change: Partial<Alert> = {}): Alert {
  return {
    id: "00000000000000aa",
    key: "worker_down:WETH-USDC",
    ruleId: "worker_down",
    pairId: "WETH-USDC",
    severity: "critical",
    sentence: "The worker of WETH-USDC is missing. *not markup* <b>nor this</b>",
    figure: "missing",
    did: "it is started again by itself",
    href: "/system",
    firedAtMs: 1_700_000_000_000,
    clearedAtMs: null,
    reopenedCount: 0,
    ack: null,
    told: [],
    ...change,
  };
}

function messageOf(alert: Alert = alertOf(), id = "m1") {
  return buildMessage({ id, alert, kind: "fired", origin: ORIGIN, wallNowMs: 1_700_000_060_000 });
}

const DOWN = [
  pairFacts({ worker: { state: "missing", hasHeartbeat: false, lastExit: null, nextEpochMarketAtMs: null } }),
];
const GIVEN_UP = [
  pairFacts({ worker: { state: "halted", hasHeartbeat: false, lastExit: "code 1", nextEpochMarketAtMs: null } }),
];

interface Rig {
  readonly engine: Engine;
  readonly published: AlertsState[];
  readonly requests: AlertRequest[];
  facts: Partial<AlertFacts>;
  close(): void;
}

/** The engine as the process wires it, over the same files; opening it again is a restart. */
function openRig(
  input: { readonly settings?: AlertSettings; readonly channels?: readonly Channel[]; readonly pingUrl?: string } = {},
): Rig {
  const published: AlertsState[] = [];
  const requests: AlertRequest[] = [];
  const { outbox } = openOutbox(join(folder, "outbox.jsonl"), nowMs());
  const rig: Rig = {
    published,
    requests,
    facts: {},
    engine: createEngine(
      {
        observe: () => Promise.resolve(alertFacts({ wallNowMs: nowMs(), marketNowMs: nowMs(), ...rig.facts })),
        readRequests: (afterId) =>
          Promise.resolve(
            ok(
              requests
                .map((request, index) => ({ id: `${index + 1}`, request }))
                .filter(({ id }) => Number(id) > Number(afterId)),
            ),
          ),
        publish: (state) => {
          published.push(alertsStateSchema.parse(JSON.parse(JSON.stringify(state))));
          return Promise.resolve(ok(true));
        },
        announce: () => undefined,
        settings: () => ({ value: input.settings ?? DEFAULT_ALERT_SETTINGS, problem: null }),
        channels: input.channels ?? channels(),
        outbox,
        stateFile: openStateFile(join(folder, "state.json")),
        deadMan: createDeadMan({ send: sendTo(), url: input.pingUrl ?? null, nowMs, monotonicMs: nowMs }),
        nowMs,
        log: silentLogger,
      },
      { origin: ORIGIN, pairIds: ["WETH-USDC"], settingsFile: "alerts.json" },
    ),
    close: () => outbox.close(),
  };
  return rig;
}

/** Looks until the condition shows; the postman works beside the looks. */
async function lookUntil(rig: Rig, isDone: () => boolean): Promise<void> {
  const untilMs = Date.now() + 20_000;
  while (!isDone()) {
    if (Date.now() > untilMs) throw new Error(`not reached; received ${JSON.stringify(services.received)}`);
    await rig.engine.look();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Until the services have it and it is written down as sent: only then may a test let time pass or end the process. */
async function sentUntil(rig: Rig, isDone: () => boolean): Promise<void> {
  await lookUntil(rig, () => {
    const deliveries = rig.published.at(-1)?.deliveries ?? [];
    return isDone() && deliveries.length > 0 && deliveries.every(({ state }) => state === "sent");
  });
}

/** An open alert of the worker: two looks with its patience between. */
async function breakWorker(rig: Rig): Promise<void> {
  rig.facts = { pairs: DOWN };
  await rig.engine.look();
  laterMs += 21_000;
  await rig.engine.look();
}

function kindsOf(service: string): readonly unknown[] {
  return services.received
    .filter((each) => each.service === service)
    .map(({ body }) => body["kind"] ?? String(body["title"] ?? body["text"]).split("\n")[0]);
}

describe("channels", () => {
  it("default: each service takes the message of its channel as its own format asks", async () => {
    for (const channel of channels()) expect(await channel.deliver(messageOf())).toEqual(ok(true));
    const [telegram, ntfy, webhook] = services.received;
    expect(telegram?.body).toMatchObject({ chat_id: CHAT, link_preview_options: { is_disabled: true } });
    expect(telegram?.body).not.toHaveProperty("parse_mode");
    expect(String(telegram?.body["text"])).toMatch(/^CRITICAL WETH-USDC worker down: missing\n\n/);
    expect(String(telegram?.body["text"])).toContain("*not markup* <b>nor this</b>");
    expect(String(telegram?.body["text"])).toContain(`${ORIGIN}/alerts/00000000000000aa`);
    expect(ntfy?.body).toMatchObject({
      topic: NTFY_TOPIC,
      priority: 5,
      click: `${ORIGIN}/alerts/00000000000000aa`,
      tags: ["rotating_light", "worker_down"],
    });
    expect(webhook?.body).toMatchObject({ version: 1, id: "m1", kind: "fired", alert: { ruleId: "worker_down" } });
  });

  it("behavior: a text longer than Telegram takes is cut, not refused", async () => {
    const [telegram] = channels();
    const long = messageOf(alertOf({ sentence: "x".repeat(9_000) }));
    expect(await telegram.deliver(long)).toEqual(ok(true));
    expect(String(services.received[0]?.body["text"])).toHaveLength(4_096);
  });

  it("error: a wrong token, a wrong topic token and a wrong secret are refusals that say so without the secret", async () => {
    const send = sendTo();
    const wrong = [
      createTelegram(send, { url: services.url, token: "999:wrongwrongwrongwrongwrong", chat: CHAT }),
      createNtfy(send, { url: services.url, topic: NTFY_TOPIC, token: "tk_wrong" }),
      createWebhook(send, { url: `${services.url}/hook`, secret: "another-long-secret" }, Date.now),
    ];
    for (const channel of wrong) {
      const result = await channel.deliver(messageOf());
      expect(result).toMatchObject({ ok: false, error: { code: "rejected", retryable: false } });
      if (!result.ok) expect(result.error.message).not.toMatch(/wrongwrong|tk_wrong|another-long/);
    }
    expect(services.received).toEqual([]);
  });

  it("error: a signature of an old moment is refused by a receiver that checks the time", async () => {
    const old = createWebhook(
      sendTo(),
      { url: `${services.url}/hook`, secret: HOOK_SECRET },
      () => Date.now() - 600_000,
    );
    expect(await old.deliver(messageOf())).toMatchObject({ ok: false, error: { code: "rejected" } });
  });

  it.each([
    {
      name: "429 with a header",
      failure: { kind: "status", status: 429, headers: { "retry-after": "7" } },
      error: { code: "rate_limited", retryable: true, retryAfterMs: 7_000 },
    },
    {
      name: "flood control of Telegram",
      failure: { kind: "telegram_flood", retryAfterSec: 11 },
      error: { code: "rate_limited", retryable: true, retryAfterMs: 11_000 },
    },
    { name: "503", failure: { kind: "status", status: 503 }, error: { code: "rejected", retryable: true } },
    { name: "a connection that breaks", failure: { kind: "hang_up" }, error: { code: "unreachable", retryable: true } },
    { name: "no answer", failure: { kind: "never" }, error: { code: "timeout", retryable: true } },
    {
      name: "a redirect to the metadata service",
      failure: { kind: "redirect", to: "http://169.254.169.254/" },
      error: { code: "redirect", retryable: false },
    },
  ] as const)("error: $name", async ({ failure, error }) => {
    services.fail("telegram", failure);
    const [telegram] = channels(sendTo([services.host], 400));
    expect(await telegram.deliver(messageOf())).toMatchObject({ ok: false, error });
    expect(services.asked.filter(({ status }) => status === 200)).toEqual([]);
  });
});

describe("address guard", () => {
  it.each([
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "https://user:pass@example.com/",
    "https://127.0.0.1/",
    "https://localhost./",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://017700000001/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "not an address",
  ])("error: %s is refused", async (url) => {
    const result = await guardTarget({ privateHosts: [], resolve: resolveLocal }, url);
    expect(result).toMatchObject({ ok: false, error: { retryable: false } });
  });

  it("behavior: a name with one private address among public ones is refused", async () => {
    expect(await guardTarget({ privateHosts: [], resolve: resolveMixed }, "https://mixed.example/")).toMatchObject({
      ok: false,
      error: { code: "refused_address" },
    });
  });

  it("behavior: a listed host and port may be near, another port of it and link-local never", async () => {
    const settings = { privateHosts: ["192.168.1.5:8080", "169.254.169.254:80"], resolve: resolvePublic };
    expect(await guardTarget(settings, "http://192.168.1.5:8080/x")).toMatchObject({ ok: true });
    expect(await guardTarget(settings, "http://192.168.1.5:8081/x")).toMatchObject({ ok: false });
    expect(await guardTarget(settings, "http://169.254.169.254/x")).toMatchObject({ ok: false });
  });

  it("behavior: a name is asked once and the connection goes to that answer, whatever the name says next", async () => {
    let asked = 0;
    const port = services.host.split(":")[1] ?? "";
    const rebinding = () => {
      asked += 1;
      return Promise.resolve([{ address: asked === 1 ? "127.0.0.1" : "169.254.169.254", family: 4 as const }]);
    };
    const send = createSend({ privateHosts: [`hooks.example:${port}`], resolve: rebinding });
    const answer = await send({ method: "GET", url: `http://hooks.example:${port}/ping/1` });
    expect(answer).toMatchObject({ ok: true, value: { status: 200 } });
    expect(asked).toBe(1);
    expect(services.received).toHaveLength(1);
  });

  it("default: public addresses are public", () => {
    expect(["8.8.8.8", "149.154.167.220", "2606:4700::1111"].map(addressKind)).toEqual(["public", "public", "public"]);
  });
});

describe("the watch", () => {
  it("default: an alert reaches all three channels once, with its link, and its end does too", async () => {
    const rig = openRig();
    await breakWorker(rig);
    await sentUntil(rig, () => services.received.length >= 3);
    for (let look = 0; look < 5; look += 1) await rig.engine.look();
    expect(services.received.map(({ service }) => service).toSorted()).toEqual(["ntfy", "telegram", "webhook"]);
    rig.facts = {};
    await rig.engine.look();
    laterMs += 11_000;
    await sentUntil(rig, () => services.received.length >= 6);
    expect(kindsOf("webhook")).toEqual(["fired", "cleared"]);
    expect(kindsOf("ntfy").at(-1)).toBe("Over: OK WETH-USDC worker down");
    const view = rig.published.at(-1);
    expect(view?.open).toEqual([]);
    expect(view?.history[0]).toMatchObject({ key: "worker_down:WETH-USDC", title: "Worker down" });
    rig.close();
  });

  it("behavior: reminders until somebody acknowledges, then silence for all, and the name stands on the alert", async () => {
    const settings = alertSettingsSchema.parse({ remindAfterMin: { warn: 60 } });
    const rig = openRig({ settings, channels: [channels()[2]] });
    await breakWorker(rig);
    await sentUntil(rig, () => services.received.length === 1);
    laterMs += 61 * 60_000;
    await sentUntil(rig, () => services.received.length === 2);
    expect(kindsOf("webhook")).toEqual(["fired", "reminder"]);
    const id = rig.engine.state().open[0]?.id ?? "";
    rig.requests.push({ kind: "ack", alertId: id, by: "0xme", role: "operator", note: "on it", atMs: nowMs() });
    await rig.engine.look();
    expect(rig.published.at(-1)?.open[0]?.ack).toMatchObject({ by: "0xme", note: "on it" });
    laterMs += 10 * 60 * 60_000;
    for (let look = 0; look < 5; look += 1) await rig.engine.look();
    expect(services.received).toHaveLength(2);
    rig.close();
  });

  it("behavior: nobody answers, so the second channel is told", async () => {
    const settings = alertSettingsSchema.parse({
      channels: { ntfy: { tier: "escalation" }, webhook: { enabled: false } },
    });
    const rig = openRig({ settings });
    rig.facts = { pairs: GIVEN_UP };
    await rig.engine.look();
    laterMs += 21_000;
    await sentUntil(rig, () => services.received.length === 1);
    expect(services.received[0]?.service).toBe("telegram");
    laterMs += 16 * 60_000;
    await sentUntil(rig, () => kindsOf("ntfy").length === 1);
    expect(kindsOf("ntfy")).toEqual(["Nobody answered: CRITICAL WETH-USDC worker down: given up"]);
    expect(kindsOf("webhook")).toEqual([]);
    rig.close();
  });

  it("behavior: a service that is away gets the message when it is back, once", async () => {
    services.fail("webhook", { kind: "status", status: 503 }, { kind: "hang_up" });
    const rig = openRig({ channels: [channels()[2]] });
    await breakWorker(rig);
    await lookUntil(rig, () => (rig.published.at(-1)?.channels[2]?.lastError ?? null) !== null);
    expect(rig.published.at(-1)?.deliveries[0]).toMatchObject({ state: "waiting", attempts: 1 });
    laterMs += 10_000;
    await lookUntil(rig, () => (rig.published.at(-1)?.deliveries[0]?.attempts ?? 0) >= 2);
    laterMs += 10_000;
    await sentUntil(rig, () => services.received.length === 1);
    await rig.engine.look();
    expect(rig.published.at(-1)?.channels[2]).toMatchObject({ lastError: null, waitingCount: 0 });
    expect(rig.published.at(-1)?.deliveries[0]).toMatchObject({ state: "sent", attempts: 3 });
    rig.close();
  });

  it("behavior: an end between judging, queueing and marking loses no message and doubles none", async () => {
    // The state as it was written before the message was queued, and before it was marked as told.
    const rig = openRig({ channels: [] });
    await breakWorker(rig);
    rig.close();
    const before = readFileSync(join(folder, "state.json"), "utf8");
    const first = openRig({ channels: [channels()[2]] });
    first.facts = { pairs: DOWN };
    // Sent and written down: an end before that may send twice, with the same id.
    await lookUntil(first, () => first.published.at(-1)?.deliveries[0]?.state === "sent");
    first.close();
    writeFileSync(join(folder, "state.json"), before);
    const second = openRig({ channels: [channels()[2]] });
    second.facts = { pairs: DOWN };
    for (let look = 0; look < 10; look += 1) {
      await second.engine.look();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(services.received).toHaveLength(1);
    second.close();
  });

  it("behavior: a message that waited on disk is sent after a restart, acknowledgements and open alerts are still known", async () => {
    services.fail("webhook", { kind: "status", status: 500 });
    const rig = openRig({ channels: [channels()[2]] });
    await breakWorker(rig);
    await lookUntil(rig, () => (rig.published.at(-1)?.channels[2]?.lastError ?? null) !== null);
    const id = rig.engine.state().open[0]?.id ?? "";
    rig.requests.push({ kind: "ack", alertId: id, by: "0xme", role: "operator", note: "", atMs: nowMs() });
    await rig.engine.look();
    rig.close();
    // A write that a crash cut.
    appendFileSync(join(folder, "outbox.jsonl"), '{"t":"ended","id":"00');
    laterMs += 10_000;
    const again = openRig({ channels: [channels()[2]] });
    again.facts = { pairs: DOWN };
    await sentUntil(again, () => services.received.length === 1);
    expect(again.engine.state().open[0]).toMatchObject({ id, ack: { by: "0xme" } });
    again.close();
    expect(openOutbox(join(folder, "outbox.jsonl"), nowMs()).badLines).toBe(0);
  });

  it("behavior: critical goes first and no channel gets more than its rate", async () => {
    const { outbox } = openOutbox(join(folder, "outbox.jsonl"), nowMs());
    for (let index = 0; index < 6; index += 1) {
      const severity = index === 5 ? ("critical" as const) : ("warn" as const);
      outbox.queue("webhook", messageOf(alertOf({ id: `00000000000000b${index}`, severity }), `m${index}`), nowMs());
    }
    const [, , webhook] = channels();
    const postman = createPostman({
      outbox,
      posts: () => [{ channel: webhook, maxPerMinute: 3 }],
      nowMs,
      log: silentLogger,
      onChange: () => undefined,
    });
    await postman.deliver();
    expect(services.received.map(({ body }) => body["id"])).toEqual(["m5", "m0", "m1"]);
    await postman.deliver();
    expect(services.received).toHaveLength(3);
    laterMs += 61_000;
    await postman.deliver();
    expect(services.received).toHaveLength(6);
    outbox.close();
  });

  it("behavior: the ping goes out once a minute while all can be seen, and stays away while nothing can", async () => {
    const rig = openRig({ pingUrl: `${services.url}/ping/uuid` });
    await rig.engine.look();
    await rig.engine.look();
    expect(kindsOf("ping")).toHaveLength(1);
    laterMs += 61_000;
    await rig.engine.look();
    expect(kindsOf("ping")).toHaveLength(2);
    rig.facts = { deskProblem: "no answer", pairs: null };
    laterMs += 61_000;
    await rig.engine.look();
    expect(kindsOf("ping")).toHaveLength(2);
    expect(rig.published.at(-1)?.deadMan.host).toBe(services.host);
    rig.close();
  });

  it("behavior: a test message goes to the channel that was named", async () => {
    const rig = openRig();
    rig.requests.push({ kind: "test", channelId: "ntfy", by: "0xowner", requestId: "0123456789abcdef" });
    await sentUntil(rig, () => services.received.length === 1);
    expect(kindsOf("ntfy")).toEqual(["Test: INFO Service down: test"]);
    expect(rig.engine.state().open).toEqual([]);
    rig.close();
  });

  it("behavior: no token, topic or secret is in what the desk is shown, in any file, or in any other channel's message", async () => {
    services.fail("telegram", { kind: "status", status: 500 }, { kind: "hang_up" });
    const rig = openRig({ pingUrl: `${services.url}/ping/secret-uuid-of-the-check` });
    await breakWorker(rig);
    await lookUntil(rig, () => services.received.length >= 3);
    laterMs += 60_000;
    await lookUntil(rig, () => kindsOf("telegram").length === 1 || kindsOf("ntfy").length > 0);
    rig.close();
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    const shown = [...rig.published.map((each) => JSON.stringify(each)), ...files].join("\n");
    for (const secret of [BOT_TOKEN, CHAT, NTFY_TOPIC, NTFY_TOKEN, HOOK_SECRET, "secret-uuid-of-the-check"]) {
      expect(shown).not.toContain(secret);
      const others = services.received.filter(({ body }) => body["chat_id"] !== secret && body["topic"] !== secret);
      expect(JSON.stringify(others)).not.toContain(secret);
    }
  });
});
