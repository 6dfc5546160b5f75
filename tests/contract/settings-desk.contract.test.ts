// The five settings that owners sign (people, limits, chains, pairs, notifications) through the real router and the real signer: validation, difference in words, versions, the way back, a role too low, a stale version.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { alertChanges } from "@/components/settings/alert-form";
import type { Change } from "@/components/settings/change-list";
import { draftOf, endpointChanges, entriesOf, moved, type Draft } from "@/components/settings/endpoint-edit";
import { changesOfLimits } from "@/components/settings/limits-form";
import { changesOf } from "@/components/settings/pair-form";
import { changesOfPeople } from "@/components/settings/people-form";
import type { AlertSettings } from "@/lib/alerts/settings";
import { limitsVersionSchema, peopleVersionSchema, type Person } from "@/lib/api/authority-settings";
import type { CommandAction } from "@/lib/api/commands";
import { contract } from "@/lib/api/contract";
import { settingsContract } from "@/lib/api/settings-contract";
import type { ApprovalLimits } from "@/lib/plan/approval-rule";
import type { PairSettings } from "@/lib/registry/pair-settings";
import { unwrap } from "@/server/cli/run-system";
import type { Router } from "@/server/api/router";
import { createSettingsDesk } from "@/server/api/settings-desk";
import { loadSettings } from "@/server/config/load";
import { wallClock } from "@/server/infra/clock";
import { createSignedReader } from "@/server/infra/signed-reader";
import {
  DESK_PAIR,
  HOME_CHAIN,
  homeRegistry,
  noLimits,
  openHostileDesk,
  pathOf,
  refusalOf,
  send,
  type HostileDesk,
} from "@/tests/support/hostile-desk";
import { startHostileServer, type HostileServer } from "@/tests/support/hostile-server";

let desk: HostileDesk;
let api: Router;
let chain: HostileServer;

beforeAll(async () => {
  chain = await startHostileServer();
  const rpcUrls = [`${chain.url}/one`, `${chain.url}/two`];
  desk = await openHostileDesk({ [`TG_RPC_${HOME_CHAIN}`]: rpcUrls.join(",") });
  const { dataDir, deploymentId, env } = desk.home;
  const registry = homeRegistry(rpcUrls);
  api = desk.open({
    rateLimiter: noLimits,
    registry,
    settingsDesk: createSettingsDesk({
      settings: unwrap(loadSettings({ env, cwd: dataDir, overrides: { dataDir } })),
      deploymentId,
      registry: registry.registry,
      reader: createSignedReader(dataDir, deploymentId),
      nowMs: wallClock.nowMs,
    }),
  });
}, 120_000);

afterAll(async () => {
  await desk.close();
  await chain.close();
});

interface Setting<T> {
  readonly name: string;
  readonly action: CommandAction;
  readonly target: string;
  /** Where its commands are sent. */
  readonly path: string;
  /** As the page reads it. */
  read(): Promise<{ readonly version: number; readonly value: T }>;
  params(value: T): Record<string, unknown>;
  /** Another value that is in order. */
  changed(value: T): T;
  /** What the page shows before the wallet opens. */
  changes(before: T, after: T): readonly Change[];
  readonly words: RegExp;
  /** Parameters that are refused, with status and what the refusal says. */
  refused(value: T): readonly (readonly [unknown, number, RegExp])[];
}

async function readAs<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  const response = await send(api, "GET", path, { cookie: await desk.signIn(api, desk.people.owner) });
  expect(response.status).toBe(200);
  return schema.parse(await response.json());
}

async function submit(
  setting: Pick<Setting<unknown>, "action" | "target" | "path">,
  params: Record<string, unknown>,
  version: number,
  who: keyof HostileDesk["people"] = "owner",
): Promise<Response> {
  const { action, target, path } = setting;
  const body = await desk.command(desk.people[who], { action, target, params, configVersion: version });
  const cookie = await desk.signIn(api, desk.people[who]);
  return send(api, "POST", path, { cookie, body });
}

function suite<T>(setting: Setting<T>): void {
  const { action, target } = setting;
  /** The page's copy of what the signer wrote may be a moment old. */
  const readVersion = async (version: number): Promise<T> => {
    await expect.poll(async () => (await setting.read()).version, { timeout: 10_000 }).toBe(version);
    return (await setting.read()).value;
  };

  describe(setting.name, () => {
    it("default: a signed change is a new version, shown in words before, kept with who signed it; the way back is one more", async () => {
      const first = await setting.read();
      const next = setting.changed(first.value);
      const words = setting.changes(first.value, next);
      expect(words).not.toEqual([]);
      expect(words.map(({ label, before, after }) => `${label}: ${before} -> ${after}`).join("; ")).toMatch(
        setting.words,
      );
      expect((await submit(setting, setting.params(next), first.version)).status).toBe(202);
      const second = await readVersion(first.version + 1);
      expect(setting.changes(next, second)).toEqual([]);
      expect((await submit(setting, setting.params(first.value), first.version + 1)).status).toBe(202);
      const third = await readVersion(first.version + 2);
      expect(setting.changes(first.value, third)).toEqual([]);
      const { commands } = await readAs("/api/audit?limit=1000", contract.audit.response);
      const done = commands.filter(
        (each) => each.action === action && each.target === target && each.status === "done",
      );
      expect(done.slice(-2).map(({ params, address, role }) => ({ params, address, role }))).toEqual(
        [next, first.value].map((value) => ({
          params: JSON.parse(JSON.stringify(setting.params(value))),
          address: desk.people.owner.address,
          role: "owner",
        })),
      );
    });

    it("error: what is not in order is refused with its reason, and nothing changes", async () => {
      const before = await setting.read();
      for (const [params, status, words] of setting.refused(before.value)) {
        const response = await submit(setting, z.record(z.string(), z.unknown()).parse(params), before.version);
        const { message, field } = await refusalOf(response);
        expect(`${response.status} ${field ?? ""} ${message}`).toMatch(new RegExp(`^${status} `));
        expect(`${field ?? ""} ${message}`).toMatch(words);
      }
      expect(await setting.read()).toEqual(before);
    });

    it("error: a stale version, one that is not there yet, a role too low, nobody", async () => {
      const before = await setting.read();
      const params = setting.params(setting.changed(before.value));
      for (const version of [before.version - 1, before.version + 1]) {
        const response = await submit(setting, params, version);
        expect(response.status).toBe(409);
        expect((await refusalOf(response)).message).toMatch(/version \d+.*Read (them )?again/);
      }
      for (const who of ["approver", "operator", "viewer"] as const) {
        const response = await submit(setting, params, before.version, who);
        expect(`${who} ${response.status}`).toBe(`${who} 403`);
      }
      const body = await desk.command(desk.people.owner, { action, target, params, configVersion: before.version });
      expect((await send(api, "POST", setting.path, { body })).status).toBe(401);
      // Of two owners at once the second reads again.
      const both = await Promise.all([1, 2].map(() => submit(setting, params, before.version)));
      expect(both.map(({ status }) => status).toSorted()).toEqual([202, 409]);
      await readVersion(before.version + 1);
    });
  });
}

const system = { target: "system", path: contract.commands.path } as const;

suite<readonly Person[]>({
  ...system,
  name: "people",
  action: "people.set",
  async read() {
    const { versions } = await readAs("/api/people", z.object({ versions: z.array(peopleVersionSchema).min(1) }));
    const newest = versions.at(-1);
    // Every version is kept, counted one by one.
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, index) => index + 1));
    return { version: newest?.version ?? 0, value: newest?.people ?? [] };
  },
  params: (people) => ({ people }),
  changed: (people) => [
    ...people.filter(({ address }) => address !== desk.people.stranger.address),
    { address: desk.people.stranger.address, role: "viewer", name: `Eva ${people.length}` },
  ],
  changes: changesOfPeople,
  words: /Eva .*no role -> viewer/,
  refused: (people) => [
    [{ people: [] }, 400, /people/],
    [{ people: people.map((person) => ({ ...person, role: "boss" })) }, 400, /people\.0\.role/],
    [{ people: people.map((person) => ({ ...person, name: "A\u202en" })) }, 400, /invisible/],
    [{ people: [...people, ...people] }, 400, /twice|once/],
    [{ people: people.filter(({ role }) => role !== "owner") }, 403, /owner/],
  ],
});

suite<ApprovalLimits>({
  ...system,
  name: "limits",
  action: "limits.set",
  async read() {
    const { versions } = await readAs("/api/limits", z.object({ versions: z.array(limitsVersionSchema).min(1) }));
    const newest = versions.at(-1);
    if (newest === undefined) throw new Error("there is a first version");
    return { version: newest.version, value: newest.limits };
  },
  params: (limits) => ({ limits }),
  changed: (limits) => ({ ...limits, deployment: { singleUpToUsd: 50_000, approversAbove: 2 } }),
  changes: changesOfLimits,
  words: /one approver up to \$50,000\.00, above it 2 different approvers/,
  refused: (limits) => [
    [{ limits: { ...limits, deployment: { singleUpToUsd: -1, approversAbove: 2 } } }, 400, /singleUpToUsd/],
    [{ limits: { ...limits, deployment: { singleUpToUsd: 1, approversAbove: 10 } } }, 400, /approversAbove/],
    [{ limits: { ...limits, deployment: { singleUpToUsd: 1, approversAbove: 9 } } }, 400, /9/],
    [{ limits: { ...limits, pairs: { "WBTC-DAI": limits.deployment } } }, 404, /WBTC-DAI/],
  ],
});

suite<readonly Draft[]>({
  ...system,
  name: "chains",
  action: "chain.endpoints",
  async read() {
    const { chains } = await readAs(settingsContract.chainEndpoints.path, settingsContract.chainEndpoints.response);
    const home = chains.find(({ chainId }) => chainId === HOME_CHAIN);
    return { version: home?.version ?? -1, value: draftOf(home?.endpoints ?? []) };
  },
  params: (draft) => ({ chainId: HOME_CHAIN, endpoints: entriesOf(draft) }),
  changed: (draft) => moved(draft, draft[0]?.id ?? "", 1),
  changes: endpointChanges,
  words: /first to be asked -> second to be asked/,
  refused: (draft) => {
    const endpoints = entriesOf(draft);
    const [first] = endpoints;
    return [
      [{ chainId: HOME_CHAIN, endpoints: [] }, 400, /endpoints/],
      [{ chainId: HOME_CHAIN, endpoints: [{ ...first, label: "one\u200b" }] }, 400, /invisible/],
      [{ chainId: HOME_CHAIN, endpoints: [...endpoints, ...endpoints] }, 422, /named twice/],
      [{ chainId: HOME_CHAIN, endpoints: endpoints.map((each) => ({ ...each, use: "removed" })) }, 422, /stay in use/],
      [{ chainId: HOME_CHAIN, endpoints: [...endpoints, { ...first, id: `0x${"77".repeat(32)}` }] }, 422, /not known/],
      [{ chainId: HOME_CHAIN, endpoints: endpoints.map((each) => ({ ...each, label: "mine" })) }, 422, /calls it mine/],
    ];
  },
});

suite<PairSettings>({
  name: "pairs",
  action: "pair.config",
  target: DESK_PAIR,
  path: pathOf(contract.pairConfigChange.path),
  async read() {
    const { configVersion, settings } = await readAs(pathOf(contract.pairConfig.path), contract.pairConfig.response);
    return { version: configVersion, value: settings };
  },
  params: (settings) => ({ pairId: DESK_PAIR, settings }),
  changed: (settings) => ({ ...settings, params: { ...settings.params, maxSlippageBps: 40 } }),
  changes: changesOf,
  words: /default -> /,
  refused: (settings) => [
    [{ pairId: DESK_PAIR, settings: { ...settings, params: { maxSlippageBps: 0 } } }, 400, /maxSlippageBps/],
    [{ pairId: DESK_PAIR, settings: { ...settings, planExpiryMs: 1 } }, 400, /planExpiryMs/],
    [{ pairId: DESK_PAIR, settings: { ...settings, pairId: "USDC-USDT" } }, 400, /USDC-USDT/],
    [{ pairId: DESK_PAIR, settings: { ...settings, pools: [`0x${"99".repeat(20)}`] } }, 400, /not a pool/],
  ],
});

suite<AlertSettings>({
  ...system,
  name: "notifications",
  action: "alerts.config",
  async read() {
    const { settings, version } = await readAs(
      settingsContract.alertSettings.path,
      settingsContract.alertSettings.response,
    );
    return { version, value: settings };
  },
  params: (settings) => ({ settings }),
  changed: (settings) => ({ ...settings, coolDownMin: 25 }),
  changes: alertChanges,
  words: /Same alert when it comes back within, minutes: 10 -> 25/,
  refused: (settings) => [
    [{ settings: { ...settings, coolDownMin: -1 } }, 400, /coolDownMin/],
    [
      { settings: { ...settings, quietHours: { from: "25:00", to: "07:00", timeZone: "UTC" } } },
      400,
      /quietHours\.from/,
    ],
    [{ settings: { ...settings, rules: { no_such_rule: {} } } }, 400, /rules/],
    [
      { settings: { ...settings, chat: { enabled: true, users: [{ userId: "@ada", address: DESK_PAIR }] } } },
      400,
      /chat\.users/,
    ],
    [{ settings: { ...settings, surprise: 1 } }, 400, /surprise|settings/],
  ],
});
