// Commands by chat from Telegram's wire to the real signer: who is heard, what each command does, and that nothing runs twice or late.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ChatStatus } from "@/lib/alerts/chat";
import { alertSettingsSchema, DEFAULT_ALERT_SETTINGS, type AlertSettings } from "@/lib/alerts/settings";
import { ok } from "@/lib/errors/result";
import { createAuthorityReader } from "@/server/api/authority-reader";
import { openChatFile } from "@/server/alerts/chat/chat-file";
import { createDeskChat, type DeskChat, type DeskChatPorts } from "@/server/alerts/chat/desk-chat";
import { createTelegramBot } from "@/server/alerts/chat/telegram-bot";
import { createDeadMan } from "@/server/alerts/dead-man";
import { createEngine, type Engine } from "@/server/alerts/engine";
import { openOutbox, type Outbox } from "@/server/alerts/outbox";
import { createSend } from "@/server/alerts/send";
import { openStateFile } from "@/server/alerts/state-file";
import { createControlClient } from "@/server/infra/signer-link/client";
import { createLogger } from "@/server/infra/telemetry/logger";
import { BOT_TOKEN, CHAT, startAlertServices, type AlertServices, type Said } from "@/tests/support/alert-services";
import { alertFacts } from "@/tests/support/build-alerts";
import { makeTempDir } from "@/tests/support/embedded-servers";
import { DESK_ORIGIN, DESK_PAIR, openHostileDesk, type HostileDesk } from "@/tests/support/hostile-desk";

const OPERATOR = 4_242;
const VIEWER = 55;
const STRANGER = 666;
const PATIENCE_MS = 10_000;

let desk: HostileDesk;
let services: AlertServices;
let folder: string;
let engine: Engine;
let outbox: Outbox;
let lines: string[];
let chatSettings: AlertSettings["chat"];
let running: { readonly chat: DeskChat; stop(): void }[];
let pauses: number;

beforeAll(async () => {
  desk = await openHostileDesk();
  chatSettings = {
    enabled: true,
    users: [
      { userId: String(OPERATOR), address: desk.people.operator.address },
      { userId: String(VIEWER), address: desk.people.viewer.address },
    ],
  };
  const list = await desk.command(desk.people.owner, {
    action: "alerts.config",
    params: { settings: alertSettingsSchema.parse({ chat: chatSettings }) },
  });
  const signed = await desk.control.call("command.submit", list);
  if (!signed.ok) throw signed.error;
}, 120_000);
afterAll(() => desk.close());

beforeEach(async () => {
  services = await startAlertServices();
  folder = makeTempDir("chat");
  lines = [];
  running = [];
  pauses = 0;
  ({ outbox } = openOutbox(join(folder, "outbox.jsonl"), Date.now()));
  engine = createEngine(
    {
      observe: () => {
        const atMs = Date.now();
        const signer = { state: "NORMAL", cause: "", stopped: { reason: "drill", by: "0xowner" } };
        return Promise.resolve(alertFacts({ wallNowMs: atMs, marketNowMs: atMs, signer }));
      },
      readRequests: () => Promise.resolve(ok([])),
      publish: () => Promise.resolve(ok(true)),
      announce: () => undefined,
      settings: () => ({ value: DEFAULT_ALERT_SETTINGS, problem: null }),
      channels: [],
      outbox,
      stateFile: openStateFile(join(folder, "state.json")),
      deadMan: createDeadMan({ send: sendTo(), url: null, nowMs: Date.now, monotonicMs: Date.now }),
      nowMs: Date.now,
      log: log(),
    },
    { origin: DESK_ORIGIN, pairIds: [DESK_PAIR], settingsFile: "alerts.json" },
  );
  await engine.look();
});

afterEach(async () => {
  for (const each of running) each.stop();
  await services.close();
  outbox.close();
  await sign("pair.resume", { pairId: DESK_PAIR, note: "" });
});

function log() {
  return createLogger({ name: "alerts", level: "info", write: (line) => lines.push(line) });
}

function sendTo() {
  return createSend({ privateHosts: [services.host], resolve: () => Promise.resolve([]), timeoutMs: 60_000 });
}

function statusNow(): ChatStatus {
  return {
    readAtMs: Date.now(),
    nowMs: Date.now(),
    verdict: { word: "stopped", sentence: "Everything is stopped: drill." },
    pairs: [{ pairId: DESK_PAIR, mode: "observe", sentence: "in range", decision: null }],
    chains: [],
    badSources: [],
    open: engine.state().open,
  };
}

/** The chat as the alerts process wires it, over the same file; opening it again is a restart. */
function openChat(change: Partial<DeskChatPorts> = {}, token = BOT_TOKEN): DeskChat {
  const authority = createAuthorityReader({ control: desk.control, store: desk.store, nowMs: Date.now });
  const chat = createDeskChat({
    bot: createTelegramBot(sendTo(), { url: services.url, token }),
    chat: CHAT,
    file: openChatFile(join(folder, "chat.json")),
    settings: () => chatSettings,
    status: statusNow,
    openAlerts: () => engine.state().open,
    acknowledge: engine.acknowledge,
    roleOf: (address) => authority.roleOf(address),
    pairIds: () => [DESK_PAIR],
    pause: (request) => {
      pauses += 1;
      return desk.control.call("chat.pause", request);
    },
    origin: DESK_ORIGIN,
    nowMs: Date.now,
    log: log(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 50))),
    ...change,
  });
  const run = { isOver: false };
  running.push({
    chat,
    stop: () => {
      run.isOver = true;
    },
  });
  void (async () => {
    while (!run.isOver) await chat.round();
  })();
  return chat;
}

async function until(isDone: () => boolean, what: string): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS;
  while (!isDone()) {
    if (Date.now() > endMs) throw new Error(`${what}; answers ${JSON.stringify(answers())}; log ${lines.join("")}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function answers(): readonly { readonly chatId: string; readonly text: string }[] {
  return services.received.map(({ body }) => ({ chatId: String(body["chat_id"]), text: String(body["text"]) }));
}

/** Says it and waits for the answer. */
async function ask(text: string, more: Partial<Said> = {}): Promise<string> {
  const before = answers().length;
  services.say({ text, userId: OPERATOR, ...more });
  await until(() => answers().length > before, `no answer to ${text}`);
  return answers()[before]?.text ?? "";
}

/** Says it and waits until it was read; nobody may have answered. */
async function ignored(text: string, more: Partial<Said>): Promise<void> {
  const before = answers().length;
  const updateId = services.say({ text, ...more });
  await until(() => !services.pendingUpdates().includes(updateId), `${text} was not read`);
  expect(answers()).toHaveLength(before);
}

async function pairNow() {
  const authority = await desk.control.call("authority.get", {});
  if (!authority.ok) throw authority.error;
  const pair = authority.value.pairs.find(({ pairId }) => pairId === DESK_PAIR);
  if (pair === undefined) throw new Error("the pair is gone");
  return pair;
}

async function sign(action: "pair.resume" | "role.set", params: Record<string, unknown>): Promise<void> {
  const reply = await desk.control.call(
    "command.submit",
    await desk.command(desk.people.owner, { action, target: action === "role.set" ? "system" : DESK_PAIR, params }),
  );
  if (!reply.ok) throw reply.error;
}

describe("pausing", () => {
  it("default: the answer is the signer's own instant, the audit log has who asked, and only a signature resumes", async () => {
    openChat();
    const before = await desk.acceptedCount();
    const askedAtMs = Date.now();
    const text = await ask(`/pause ${DESK_PAIR.toLowerCase()} 30 looks wrong`);
    const { paused } = await pairNow();
    expect(paused).toMatchObject({ kind: "no_new_risk", reason: "looks wrong", by: desk.people.operator.address });
    const since = new Date(paused?.sinceAtMs ?? 0).toISOString().slice(11, 19);
    expect(text).toContain(`the signer refuses new risk since ${since} UTC`);
    // Thirty minutes from the asking; it is in force once it is on disk, a moment later.
    expect(paused?.untilAtMs).toBeGreaterThanOrEqual(askedAtMs + 30 * 60_000);
    expect(paused?.untilAtMs).toBeLessThanOrEqual((paused?.sinceAtMs ?? 0) + 30 * 60_000);
    const audit = await desk.control.call("audit.since", { seq: 0, limit: 1_000 });
    expect(audit.ok ? audit.value.commands.at(-1) : null).toMatchObject({
      action: "pair.pause",
      address: desk.people.operator.address,
      params: { channel: "telegram", userId: String(OPERATOR) },
      result: expect.stringContaining("not signed"),
    });
    expect(await ask("/resume WETH-USDC")).toMatch(/needs a signature/);
    expect((await pairNow()).paused).not.toBeNull();
    expect(await desk.acceptedCount()).toBe(before + 1);
    await sign("pair.resume", { pairId: DESK_PAIR, note: "" });
    expect((await pairNow()).paused).toBeNull();
  });

  it("error: an unknown pair, a role that does not suffice or was taken away: nothing is paused, and the answer says so", async () => {
    openChat();
    expect(await ask("/pause ARB-USDC")).toBe(`Nothing is paused: there is no pair ARB-USDC. There are ${DESK_PAIR}.`);
    expect(await ask(`/pause ${DESK_PAIR}`, { userId: VIEWER })).toMatch(
      /is not paused: .* is viewer here; pausing needs the role operator/,
    );
    await sign("role.set", { address: desk.people.operator.address, role: null });
    expect(await ask(`/pause ${DESK_PAIR}`)).toMatch(/is nobody here/);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await ask("/status")).toMatch(/has no role any more/);
    await sign("role.set", { address: desk.people.operator.address, role: "operator" });
    expect((await pairNow()).paused).toBeNull();
  });

  it("error: a signer that is away, or gives no answer, is told as that", async () => {
    const gone = createControlClient({
      socketPath: join(folder, "no.sock"),
      deploymentId: desk.home.deploymentId,
      peer: "chat test",
      timeoutMs: 300,
    });
    openChat({ pause: (request) => gone.call("chat.pause", request) });
    expect(await ask(`/pause ${DESK_PAIR}`)).toMatch(/is not paused: the signer does not answer/);
    gone.close();
  });
});

describe("who is heard", () => {
  it("error: strangers get nothing, and are logged once with their number, whatever they write", async () => {
    const chat = openChat();
    for (const text of ["/status", `/pause ${DESK_PAIR}`, "/ack 0000", "/status", "/help"]) {
      await ignored(text, { userId: STRANGER });
    }
    expect(chat.status().strangers).toEqual([{ userId: "666", count: 5, lastAtMs: expect.any(Number) }]);
    const logged = lines.filter((line) => line.includes("alert.chat-stranger"));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('"userId":"666"');
    // A crowd is counted, but does not fill the log.
    for (let user = 1_000; user < 1_030; user += 1) services.say({ text: "/status", userId: user });
    await until(() => services.pendingUpdates().length === 0, "the crowd was not read");
    expect(lines.filter((line) => line.includes("alert.chat-stranger"))).toHaveLength(8);
    expect(chat.status().strangers).toHaveLength(8);
    expect(pauses).toBe(0);
    expect(answers()).toEqual([]);
  });

  it("error: an empty list denies everybody; a list that is off asks nobody", async () => {
    const kept = chatSettings;
    chatSettings = { enabled: true, users: [] };
    openChat();
    await ignored("/status", { userId: OPERATOR });
    chatSettings = { enabled: false, users: kept.users };
    const off = openChat();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(off.status().state).toBe("off");
    chatSettings = kept;
    expect(pauses).toBe(0);
  });

  it("error: other bots, forwarded words and foreign groups are not heard; the alerts' own chat is", async () => {
    openChat();
    await ignored("/status", { userId: OPERATOR, isBot: true });
    await ignored("/status", { userId: OPERATOR, extra: { forward_origin: { type: "user", date: 1 } } });
    await ignored("/status", { userId: OPERATOR, chatId: -999 });
    await ignored("/status@other_bot", { userId: OPERATOR, chatId: Number(CHAT) });
    await ignored("what is the status", { userId: OPERATOR, chatId: Number(CHAT) });
    expect(await ask("/status@desk_bot", { chatId: Number(CHAT) })).toMatch(/^STOPPED: Everything is stopped: drill\./);
    expect(answers()).toEqual([{ chatId: CHAT, text: expect.any(String) }]);
    expect(services.received[0]?.body["reply_parameters"]).toBeDefined();
  });

  it("edge: more than twenty in a minute are not answered", async () => {
    openChat();
    for (let count = 0; count < 20; count += 1) await ask("/help");
    await ignored("/help", { userId: OPERATOR });
  });
});

describe("acknowledging", () => {
  it("default: by the id or its beginning; everybody hears who has it; a viewer may not", async () => {
    openChat();
    const [alert] = engine.state().open;
    const id = alert?.id ?? "";
    expect(await ask("/status")).toContain(`/ack_${id}`);
    expect(await ask(`/ack ${id}`, { userId: VIEWER })).toMatch(/needs the role operator, .* is viewer/);
    expect(await ask("/ack 0123456789abcdef")).toMatch(/no open alert begins with/);
    expect(await ask(`/ack_${id.slice(0, 6)} I see it`)).toMatch(
      /You have it since \d\d:\d\d:\d\d UTC; reminders are over/,
    );
    expect(engine.state().open[0]?.ack).toMatchObject({
      by: desk.people.operator.address.toLowerCase(),
      role: "operator",
      note: "I see it (by chat)",
    });
    // On disk: a restart still knows it.
    expect(openStateFile(join(folder, "state.json")).kept.alerts.open[0]?.ack).not.toBeNull();
  });
});

describe("late, twice, cut off", () => {
  it("error: what waited while nobody read is answered as too late and not done", async () => {
    services.say({ text: `/pause ${DESK_PAIR}`, userId: OPERATOR, dateSec: Math.floor(Date.now() / 1_000) - 180 });
    openChat();
    await until(() => answers().length > 0, "no answer");
    expect(answers()[0]?.text).toMatch(/^Too late: this was written at .* Nothing was done; ask again\.$/);
    expect(pauses).toBe(0);
    expect((await pairNow()).paused).toBeNull();
  });

  it("behavior: an end in the middle of a command: it is not begun again, and the writer hears so", async () => {
    openChat({
      pause: () => {
        pauses += 1;
        return new Promise(() => undefined);
      },
    });
    const updateId = services.say({ text: `/pause ${DESK_PAIR} 5`, userId: OPERATOR });
    await until(() => pauses === 1, "the pause was not begun");
    // Telegram still has it: nothing confirmed it yet.
    expect(services.pendingUpdates()).toContain(updateId);
    running[0]?.stop();
    openChat();
    await until(() => answers().length > 0, "no answer after the restart");
    expect(answers()[0]).toMatchObject({
      chatId: String(OPERATOR),
      text: expect.stringMatching(/ended while they carried out "\/pause WETH-USDC 5"\. It is not done again/),
    });
    expect(await ask("/help")).toMatch(/\/status/);
    expect(pauses).toBe(1);
    expect((await pairNow()).paused).toBeNull();
  });

  it("error: a disk that refuses: nothing is done before it is written down", async () => {
    const file = openChatFile(join(folder, "chat.json"));
    const disk = { isFull: true };
    openChat({
      file: {
        ...file,
        save: (kept) => {
          if (disk.isFull) throw new Error("ENOSPC");
          file.save(kept);
        },
      },
    });
    services.say({ text: `/pause ${DESK_PAIR} 5`, userId: OPERATOR });
    await until(() => lines.some((line) => line.includes("ENOSPC")), "the disk's refusal was not told");
    expect(pauses).toBe(0);
    expect(answers()).toEqual([]);
    disk.isFull = false;
    await until(() => answers().length > 0, "no answer once the disk took it");
    expect(pauses).toBe(1);
    expect(answers()[0]?.text).toMatch(/the signer refuses/);
  });

  it("edge: without a readable file, what is older than this start is not done", async () => {
    writeFileSync(join(folder, "chat.json"), "{ torn");
    services.say({ text: `/pause ${DESK_PAIR}`, userId: OPERATOR, dateSec: Math.floor(Date.now() / 1_000) - 30 });
    openChat();
    await until(() => answers().length > 0, "no answer");
    expect(answers()[0]?.text).toMatch(/^Too late/);
    expect(pauses).toBe(0);
  });
});

describe("a service in trouble", () => {
  it("error: a wrong token and another reader of the same bot are told without the token; afterwards it goes on", async () => {
    const wrong = openChat({}, "123456:wrongwrongwrong");
    await until(() => wrong.status().state === "away", "a wrong token was not noticed");
    expect(wrong.status().lastError).toMatch(/401: Unauthorized/);
    running[0]?.stop();

    services.fail(
      "telegram",
      { kind: "status", status: 502 },
      { kind: "hang_up" },
      { kind: "telegram_flood", retryAfterSec: 1 },
    );
    const chat = openChat();
    expect(await ask("/help")).toMatch(/\/status/);
    expect(chat.status()).toMatchObject({ state: "ok", lastError: null });
    // Somebody else asks with the same token: Telegram ends our question.
    await createTelegramBot(sendTo(), { url: services.url, token: BOT_TOKEN }).updates({
      offset: null,
      waitSec: 0,
      limit: 1,
    });
    await until(() => lines.some((line) => line.includes("409")), "the conflict was not told");
    expect(await ask("/help")).toMatch(/\/status/);
    expect(lines.join("")).not.toContain(BOT_TOKEN);
    expect(lines.join("")).not.toContain("wrongwrongwrong");
  });
});
