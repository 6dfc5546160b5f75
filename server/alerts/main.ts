// Process entry of the alerts: reads the desk as the API does, judges, tells outside channels, and answers to the desk through the store.
import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { DEFAULT_ALERT_SETTINGS, type AlertSettings } from "@/lib/alerts/settings";
import type { ChatStatus } from "@/lib/alerts/chat";
import type { AlertFacts } from "@/lib/alerts/facts";
import { alertRequestSchema } from "@/lib/api/alert-schemas";
import { transferSchema } from "@/lib/api/signer-contract";
import { errorText } from "@/lib/errors/tidegate-error";
import { OPEN_PLAN_STATUSES } from "@/lib/plan/plan-status";
import { lastEndedPlans, ledgerView, partsOfPairs } from "@/server/api/handlers/desk";
import { marketNowMs, marketSpeed } from "@/server/api/handlers/pairs";
import { readPlans } from "@/server/api/plan-reader";
import { openApiDeps, type OpenedDeps } from "@/server/api/open-deps";
import { readDeskState } from "@/server/api/reads";
import { overviewView } from "@/server/api/views/overview";
import { pairSummary } from "@/server/api/views/pair-summary";
import { servicesView, sourcesView } from "@/server/api/views/services";
import { readAlertSettings } from "@/server/config/alerts";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { wallClock } from "@/server/infra/clock";
import { EXIT_CONFIG, installDrain } from "@/server/infra/process/control-channel";
import { openProcess } from "@/server/infra/process/open-process";
import { readAlertRequests } from "@/server/infra/store/alerts";
import { publishEvent } from "@/server/infra/store/events";
import { readJson, writeJson } from "@/server/infra/store/json-values";
import { storeKeys } from "@/server/infra/store/keys";
import * as z from "zod";
import { systemResolve } from "./address-guard";
import type { Channel } from "./channels/channel";
import { createNtfy } from "./channels/ntfy";
import { createTelegram } from "./channels/telegram";
import { createWebhook } from "./channels/webhook";
import { openChatFile } from "./chat/chat-file";
import { createDeskChat, type DeskChat, type DeskChatStatus } from "./chat/desk-chat";
import { createTelegramBot } from "./chat/telegram-bot";
import { createDeadMan } from "./dead-man";
import { createEngine } from "./engine";
import { cleanText, factsOf, type Readings } from "./observe";
import { openOutbox } from "./outbox";
import { createSend } from "./send";
import { openStateFile } from "./state-file";

const LOOK_EVERY_MS = 4_000;
/** Acknowledgements are asked for by people who wait. */
const REQUEST_WAKE_MS = 500;
/** The ledger behind a result is long: results are read this often. */
const RESULTS_EVERY_MS = 60_000;
const DRAIN_GRACE_MS = 1_800;
/** The chat's service holds a question for 25 s when there is nothing new. */
const CHAT_TIMEOUT_MS = 40_000;
/** Ten messages with everything Telegram lets into one. */
const CHAT_MAX_ANSWER_BYTES = 2 * 1024 * 1024;
/** A pause is in force within a second; who waits longer is told that it is not known. */
const CHAT_PAUSE_TIMEOUT_MS = 5_000;
const CHAT_STARTING: DeskChatStatus = { state: "starting", lastOkAtMs: null, lastError: null, strangers: [] };
const transfersCopySchema = z.looseObject({ transfers: z.array(transferSchema) });

function fail(message: string): never {
  process.stderr.write(`error: ${message}\n`);
  process.exit(EXIT_CONFIG);
}

const loaded = loadSettings({ env: readProcessEnv(), cwd: process.cwd() });
if (!loaded.ok) fail(loaded.error.message);
const settings = loaded.value;
const config = settings.alerts;
const opened = await openProcess({ settings, name: "alerts", instance: "alerts" });
if (!opened.ok) fail(opened.error.message);
const { log, store } = opened.value;
const api = openDesk();
const { deps } = api;

function openDesk(): OpenedDeps {
  try {
    return openApiDeps({ settings, log });
  } catch (error) {
    fail(errorText(error));
  }
}

const folder = join(settings.dataDir, "alerts");
const { outbox, badLines } = openOutbox(join(folder, "outbox.jsonl"), wallClock.nowMs());
if (badLines > 0) log.warn("alert.outbox-lines-dropped", { count: badLines });
const stateFile = openStateFile(join(folder, "state.json"));
if (stateFile.problem !== null) log.error("alert.state-unreadable", { detail: stateFile.problem });

const send = createSend({ privateHosts: config.privateHosts, resolve: systemResolve });
const readSettings = createSettingsReader(config.settingsFile);
const channels: Channel[] = [
  ...(config.telegram === null ? [] : [createTelegram(send, config.telegram, () => readSettings().value.chat.enabled)]),
  ...(config.ntfy === null ? [] : [createNtfy(send, config.ntfy)]),
  ...(config.webhook === null ? [] : [createWebhook(send, config.webhook, wallClock.nowMs)]),
];

const run = { isEnding: false };
installDrain({
  drain: async () => {
    run.isEnding = true;
    log.info("process.stopping", {});
    outbox.close();
    deps.control.close();
    await deps.store.close();
    await opened.value.close();
  },
  graceMs: DRAIN_GRACE_MS,
  channel: "stdin",
});

const engine = createEngine(
  {
    observe,
    readRequests: (afterId) => readAlertRequests(store, afterId, alertRequestSchema),
    publish: (state) => writeJson(store, storeKeys.alerts, state),
    announce: (event) => void publishEvent(store, event),
    settings: readSettings,
    channels,
    outbox,
    stateFile,
    deadMan: createDeadMan({
      send,
      url: config.pingUrl,
      nowMs: wallClock.nowMs,
      monotonicMs: wallClock.monotonicMs,
    }),
    ...(config.telegram === null ? {} : { chat: () => chat?.status() ?? CHAT_STARTING }),
    nowMs: wallClock.nowMs,
    log,
  },
  {
    origin: settings.origin,
    get pairIds() {
      return deps.settings.pairIds;
    },
    settingsFile: basename(config.settingsFile),
  },
);

/** What the last look saw, for who asks by chat. */
let seen: Omit<ChatStatus, "nowMs" | "open"> | null = null;
const chat = config.telegram === null ? null : openChat(config.telegram);

await api.connected;
await engine.look();
log.info("process.started", { channels: channels.map(({ id }) => id).join(",") || "none" });
process.stdout.write(`${JSON.stringify({ ready: true, channels: channels.map(({ id }) => id) })}\n`);
void watch();
void listen();

/** A look every few seconds, sooner when somebody asked for something. */
async function watch(): Promise<void> {
  let lastLookMonoMs = wallClock.monotonicMs();
  let lastRequestId = "";
  while (!run.isEnding) {
    await new Promise((resolve) => setTimeout(resolve, REQUEST_WAKE_MS));
    const newest = await store.call("read the newest alert request", (redis) =>
      redis.xrevrange(storeKeys.alertRequests, "+", "-", "COUNT", 1),
    );
    const newestId = newest.ok ? (newest.value[0]?.[0] ?? "") : lastRequestId;
    const isAsked = newestId !== lastRequestId;
    lastRequestId = newestId;
    if (!isAsked && wallClock.monotonicMs() - lastLookMonoMs < LOOK_EVERY_MS) continue;
    lastLookMonoMs = wallClock.monotonicMs();
    await engine.look();
  }
}

/** The file is read again when it changed; one that cannot be used leaves the last good settings in force. */
function createSettingsReader(file: string): () => { readonly value: AlertSettings; readonly problem: string | null } {
  let kept: { value: AlertSettings; problem: string | null } = { value: DEFAULT_ALERT_SETTINGS, problem: null };
  let seenMs: number | null = null;
  return () => {
    const signed = deps.settingsDesk?.signed().alerts ?? null;
    // What an owner signed holds over the file, whose state is then of no matter.
    if (signed !== null) return { value: signed.settings, problem: null };
    const changedMs = existsSync(file) ? statSync(file).mtimeMs : -1;
    if (changedMs === seenMs) return kept;
    seenMs = changedMs;
    const read = readAlertSettings(file);
    kept = read.ok ? { value: read.value, problem: null } : { ...kept, problem: read.error.message };
    if (!read.ok) log.error("alert.settings-refused", { detail: read.error.message });
    return kept;
  };
}

function openChat(telegram: NonNullable<typeof config.telegram>): DeskChat {
  const file = openChatFile(join(folder, "chat.json"));
  if (file.problem !== null) log.error("alert.chat-file-unreadable", { detail: file.problem });
  const longSend = createSend({
    privateHosts: config.privateHosts,
    resolve: systemResolve,
    timeoutMs: CHAT_TIMEOUT_MS,
    maxAnswerBytes: CHAT_MAX_ANSWER_BYTES,
  });
  return createDeskChat({
    bot: createTelegramBot(longSend, telegram),
    chat: telegram.chat,
    file,
    settings: () => readSettings().value.chat,
    status: () => (seen === null ? null : { ...seen, nowMs: wallClock.nowMs(), open: engine.state().open }),
    openAlerts: () => engine.state().open,
    acknowledge: engine.acknowledge,
    roleOf: (address) => deps.authority.roleOf(address),
    pairIds: () => deps.settings.pairIds,
    pause: (request) => deps.control.call("chat.pause", request, { timeoutMs: CHAT_PAUSE_TIMEOUT_MS }),
    origin: settings.origin,
    nowMs: wallClock.nowMs,
    log,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
}

/** Questions to the chat's service, one after the other; each waits there for something new. */
async function listen(): Promise<void> {
  if (chat === null) return;
  while (!run.isEnding) await chat.round();
}

let keptResults: { readonly atMonoMs: number; readonly results: AlertFacts["results"] } | null = null;

async function observe(): Promise<AlertFacts> {
  const wallNowMs = wallClock.nowMs();
  const desk = await readDeskState(deps);
  const unread: Readings = {
    wallNowMs,
    marketNowMs: wallNowMs,
    marketSpeed: 1,
    deskProblem: desk.ok ? null : desk.error.message,
    pairs: null,
    workers: new Map(),
    authority: null,
    plans: null,
    services: null,
    sources: null,
    ledger: null,
    transfers: null,
    results: null,
    pegOf,
    chainName,
  };
  if (!desk.ok) {
    const sentence = `The desk cannot be read: ${cleanText(desk.error.message)}`;
    seen = { readAtMs: wallNowMs, verdict: { word: "unknown", sentence }, pairs: [], chains: null, badSources: null };
    return factsOf(unread);
  }
  const nowMarketMs = marketNowMs(deps, desk.value);
  const [services, sources, plans, ledger, transfers] = await Promise.all([
    servicesView(deps, desk.value),
    sourcesView(deps, desk.value, nowMarketMs),
    readPlans(deps),
    ledgerView(deps),
    readJson(store, storeKeys.transfers, transfersCopySchema),
  ]);
  const nowMonoMs = wallClock.monotonicMs();
  if (plans.ok && (keptResults === null || nowMonoMs - keptResults.atMonoMs > RESULTS_EVERY_MS)) {
    const parts = await partsOfPairs(deps, desk.value, plans.value);
    keptResults = {
      atMonoMs: nowMonoMs,
      results: [...parts].flatMap(([pairId, { netUsd }]) => {
        const valueUsd = desk.value.workers.get(pairId)?.valueUsd ?? null;
        return valueUsd === null ? [] : [{ pairId, netUsd, valueUsd }];
      }),
    };
  }
  const pairs = deps.settings.pairIds.map((pairId) => pairSummary(deps, desk.value, pairId));
  const facts = factsOf({
    ...unread,
    marketNowMs: nowMarketMs,
    marketSpeed: marketSpeed(desk.value),
    pairs,
    workers: desk.value.workers,
    authority: desk.value.authorityProblem === null ? desk.value.authority : null,
    plans: plans.ok ? plans.value : null,
    services,
    sources,
    ledger,
    transfers: transfers.ok ? (transfers.value?.transfers ?? []) : null,
    results: keptResults?.results ?? null,
  });
  const { overall, worstReason } = overviewView({
    deps,
    desk: desk.value,
    pairs,
    services,
    sources,
    openPlans: plans.ok ? plans.value.filter(({ status }) => OPEN_PLAN_STATUSES.includes(status)) : [],
    lastPlans: plans.ok ? lastEndedPlans(plans.value) : [],
    ledger,
    marketNowMs: nowMarketMs,
    marketSpeed: marketSpeed(desk.value),
  });
  seen = {
    readAtMs: wallNowMs,
    verdict: { word: overall, sentence: cleanText(worstReason) },
    pairs: pairs.map(({ id, mode, stateSentence, lastDecision }) => ({
      pairId: id,
      mode,
      sentence: cleanText(stateSentence),
      decision:
        lastDecision === null ? null : { kind: lastDecision.kind, ageMs: nowMarketMs - lastDecision.marketAtMs },
    })),
    chains: facts.chains,
    badSources: facts.sources?.filter(({ isOk }) => !isOk) ?? null,
  };
  return facts;
}

function pegOf(pairId: string): string | null {
  const pool = deps.registry.poolsOf(pairId)[0];
  if (pool === undefined) return null;
  const { base, quote } = pool;
  return base.pegCurrency !== null && base.pegCurrency === quote.pegCurrency ? base.pegCurrency : null;
}

function chainName(chainId: number): string {
  return deps.registry.chain(chainId)?.name ?? `chain ${chainId}`;
}
