// Hostile requests 19 to 36 of the safety plan, and the list of the signer's sockets: sign-in and signed commands against the real API and the real signer process.
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { createSiweMessage, parseSiweMessage } from "viem/siwe";
import type { PrivateKeyAccount } from "viem/accounts";
import { buildCommand, commandTypedData, type SignedCommand } from "@/lib/api/commands";
import { contract } from "@/lib/api/contract";
import { controlMethods, intentMethods } from "@/lib/api/signer-contract";
import type { Router } from "@/server/api/router";
import { createIntentClient } from "@/server/infra/signer-link/client";
import { encodeFrame } from "@/server/infra/signer-link/frame";
import { SIWE_NONCE_TTL_MS } from "@/server/infra/store/keys";
import {
  DESK_ORIGIN,
  DESK_PAIR,
  HOME_CHAIN,
  homeRegistry,
  hostile,
  noLimits,
  openHostileDesk,
  refusalOf,
  send,
  type HostileDesk,
} from "@/tests/support/hostile-desk";
import { json, startHostileServer, type HostileServer } from "@/tests/support/hostile-server";

const pause = { pairId: DESK_PAIR, kind: "no_new_risk" as const, untilAtMs: null, reason: "a test" };
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

let desk: HostileDesk;
let api: Router;
let chain: HostileServer;

beforeAll(async () => {
  desk = await openHostileDesk();
  chain = await startHostileServer();
  api = desk.open({ rateLimiter: noLimits });
});

afterAll(async () => {
  await chain.close();
  await desk.close();
});

async function askFor(address: string, at = api, chainId = HOME_CHAIN): Promise<string> {
  const started = await send(at, "POST", "/api/auth/nonce", { body: { address, chainId } });
  expect(started.status).toBe(200);
  return contract.authNonce.response.parse(await started.json()).message;
}

function verify(message: string, signature: string, at = api): Promise<Response> {
  return send(at, "POST", "/api/auth/verify", { body: { message, signature } });
}

/** Refused with this status, no cookie given, and the refusal on record without message or signature. */
async function expectRefused(response: Response, status: number, signature: string | null = null): Promise<string> {
  const { message } = await refusalOf(response);
  expect(`${response.status} ${message}`).toMatch(new RegExp(`^${status} `));
  expect(response.headers.get("set-cookie")).toBeNull();
  const line = desk.lines().findLast((each) => each.includes('"event":"api.refused"')) ?? "";
  expect(JSON.parse(line)).toMatchObject({ caller: "local", reason: expect.any(String) });
  if (signature !== null) expect(line).not.toContain(signature);
  return message;
}

function fields(message: string) {
  const parsed = parseSiweMessage(message);
  const { domain, address, uri, version, chainId, nonce, issuedAt, expirationTime, statement } = parsed;
  if (
    domain === undefined ||
    address === undefined ||
    uri === undefined ||
    version === undefined ||
    chainId === undefined ||
    nonce === undefined
  ) {
    throw new Error("the desk's message is not whole");
  }
  return {
    domain,
    address,
    uri,
    version,
    chainId,
    nonce,
    ...(issuedAt === undefined ? {} : { issuedAt }),
    ...(expirationTime === undefined ? {} : { expirationTime }),
    ...(statement === undefined ? {} : { statement }),
  };
}

/** A message made anew with one field changed, signed by the right wallet. */
async function forgeWith(change: Partial<ReturnType<typeof fields>>): Promise<number> {
  const { owner } = desk.people;
  const message = createSiweMessage({ ...fields(await askFor(owner.address)), ...change });
  const signature = await owner.signMessage({ message });
  const response = await verify(message, signature);
  await expectRefused(response, 401, signature);
  return response.status;
}

describe("sign-in", () => {
  hostile("19", "a message for another domain or uri", async () => {
    await forgeWith({ domain: "evil.example" });
    await forgeWith({ domain: "localhost:3001" });
    await forgeWith({ uri: "http://evil.example" });
    const asked = fields(await askFor(desk.people.owner.address));
    expect(asked).toMatchObject({ domain: "localhost:3000", uri: DESK_ORIGIN, version: "1" });
    return "401; domain and uri come from the settings, whatever Host or Origin say";
  });

  hostile("20", "another chain", async () => {
    await forgeWith({ chainId: 1 });
    const unknown = await send(api, "POST", "/api/auth/nonce", {
      body: { address: desk.people.owner.address, chainId: 666 },
    });
    expect(await expectRefused(unknown, 400)).toContain(`chain ${HOME_CHAIN}`);
    for (const chainId of [0, -1, 1.5, "1", 1e300]) {
      const body = { address: desk.people.owner.address, chainId };
      expect((await send(api, "POST", "/api/auth/nonce", { body })).status).toBe(400);
    }
    expect(fields(await askFor(desk.people.owner.address)).chainId).toBe(HOME_CHAIN);
    return "401 for a changed chain, 400 for one the deployment does not know; the message names the home chain";
  });

  hostile("21", "a nonce used before", async () => {
    const { owner } = desk.people;
    const message = await askFor(owner.address);
    const signature = await owner.signMessage({ message });
    expect((await verify(message, signature)).status).toBe(200);
    await expectRefused(await verify(message, signature), 401, signature);
    // Also after a failed try: what was shown once is gone.
    const tried = await askFor(owner.address);
    await expectRefused(await verify(tried, await desk.people.viewer.signMessage({ message: tried })), 401);
    await expectRefused(await verify(tried, await owner.signMessage({ message: tried })), 401);
    return "401, also after a try that failed";
  });

  hostile("22", "a nonce of one's own, or of another person's sign-in", async () => {
    await forgeWith({ nonce: "0".repeat(32) });
    await forgeWith({ nonce: "abcdefgh12345678" });
    const theirs = fields(await askFor(desk.people.viewer.address));
    await forgeWith({ nonce: theirs.nonce });
    return "401";
  });

  hostile("23", "times: expired, stretched, issued elsewhere", async () => {
    const { owner } = desk.people;
    await forgeWith({ expirationTime: new Date(Date.now() + 86_400_000) });
    await forgeWith({ issuedAt: new Date(Date.now() + 60_000) });
    const message = await askFor(owner.address);
    const late = desk.open({ rateLimiter: noLimits, nowMs: () => Date.now() + SIWE_NONCE_TTL_MS + 1_000 });
    const signature = await owner.signMessage({ message });
    await expectRefused(await verify(message, signature, late), 401, signature);
    return "401";
  });

  hostile("24", "an edited text", async () => {
    const { owner } = desk.people;
    const edits: ((text: string) => string)[] = [
      (text) => text.replace("moves no money", "moves money"),
      (text) => `${text}\nResources:\n- https://evil.example`,
      (text) => text.replace("Version: 1", "Version: 2"),
      (text) => text.replaceAll("\n", "\r\n"),
      (text) => `${text} `,
      (text) => text.replace(owner.address, owner.address.toLowerCase()),
    ];
    for (const edit of edits) {
      const message = edit(await askFor(owner.address));
      await expectRefused(await verify(message, await owner.signMessage({ message })), 401);
    }
    return `${edits.length} edits: 401`;
  });

  hostile("25", "a stranger, and a stranger who claims to be the owner", async () => {
    const { stranger, owner } = desk.people;
    const message = await askFor(stranger.address);
    await expectRefused(await verify(message, await stranger.signMessage({ message })), 403);
    const claimed = await askFor(owner.address);
    await expectRefused(await verify(claimed, await stranger.signMessage({ message: claimed })), 401);
    for (const signature of ["0x", "0x00", `0x${"00".repeat(65)}`, `0x${"ff".repeat(65)}`, `0x${"11".repeat(9_000)}`]) {
      const again = await askFor(owner.address);
      await expectRefused(await verify(again, signature), 401, signature.length > 10 ? signature : null);
    }
    return "403 for the stranger, 401 for the claim and for five signatures of nonsense";
  });

  hostile("26", "a fake contract wallet, and a home chain that is down", async () => {
    const { owner } = desk.people;
    const registry = homeRegistry([`${chain.url}/v2/secretkeyofthisnode0123456789`]);
    const contractDesk = desk.open({ rateLimiter: noLimits, registry });
    const fakes: readonly (readonly [string, string])[] = [
      ["0x", word("1626ba7e")],
      ["0x60", "0x"],
      ["0x60", word("")],
      ["0x60", word("ffffffff")],
      ["0x60", `0x${"1".padStart(64, "0")}`],
      ["0x60", `0x${"1626ba7e".padStart(64, "0")}`],
    ];
    for (const [code, answer] of fakes) {
      chain.answer((req, res) => {
        let text = "";
        req.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
        req.on("end", () => {
          const result = text.includes("eth_getCode") ? code : answer;
          json(200, { jsonrpc: "2.0", id: Number(/"id":(\d+)/.exec(text)?.[1] ?? 1), result })(req, res);
        });
      });
      const message = await askFor(owner.address, contractDesk);
      // The wrapper of a wallet that is not deployed yet would let the signer of the text choose what is called first.
      const wrapped = `0x${"00".repeat(128)}${"64926492".repeat(8)}`;
      for (const signature of ["0x1234", wrapped]) {
        const text = signature === wrapped ? await askFor(owner.address, contractDesk) : message;
        expect(`${code} ${answer} ${(await verify(text, signature, contractDesk)).status}`).toBe(
          `${code} ${answer} 401`,
        );
      }
    }
    chain.answer(() => undefined);
    const hanging = await askFor(owner.address, contractDesk);
    const startedAtMs = performance.now();
    const away = await verify(hanging, "0x1234", contractDesk);
    expect(performance.now() - startedAtMs).toBeLessThan(8_000);
    const said = await expectRefused(away, 503);
    expect(said + desk.lines().slice(-5).join("")).not.toContain("secretkeyofthisnode");
    // A plain account needs no chain.
    const plain = await askFor(owner.address, contractDesk);
    expect((await verify(plain, await owner.signMessage({ message: plain }), contractDesk)).status).toBe(200);
    return `${fakes.length} fakes: 401; chain down: 503 after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s without its address, plain accounts still sign in`;
  });

  hostile("27", "the same sign-in a hundred times at once", async () => {
    const { owner } = desk.people;
    const message = await askFor(owner.address);
    const signature = await owner.signMessage({ message });
    const answers = await Promise.all(Array.from({ length: 100 }, () => verify(message, signature)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(99);
    const cookie = answers.find(({ status }) => status === 200)?.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^tg=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    const limited = desk.open();
    const hammered = await Promise.all(Array.from({ length: 100 }, () => verify(message, signature, limited)));
    expect(hammered.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(85);
    return "one session, 99 times 401; with the limit on, at least 85 are not even looked at";
  });
});

/** What the API answers to a command of the owner, and that the signer's log gained nothing. */
async function expectNoEffect(body: unknown, status: number, as = desk.people.owner): Promise<string> {
  const cookie = await desk.signIn(api, as);
  const before = await desk.acceptedCount();
  const response = await send(api, "POST", "/api/commands", { cookie, body });
  const { message } = await refusalOf(response);
  expect(`${response.status} ${message}`).toMatch(new RegExp(`^${status} `));
  expect(await desk.acceptedCount()).toBe(before);
  const line = desk.lines().findLast((each) => each.includes('"event":"api.refused"')) ?? "";
  expect(JSON.parse(line)).toMatchObject({ path: "/api/commands", address: as.address.toLowerCase() });
  expect(line).not.toMatch(/0x[0-9a-f]{130}/);
  return message;
}

/** The same command past the API, straight to the signer's socket: the code of its refusal. */
async function atSigner(signed: SignedCommand): Promise<string> {
  const before = await desk.acceptedCount();
  const reply = await desk.control.call("command.submit", signed);
  expect(await desk.acceptedCount()).toBe(before);
  return reply.ok ? "accepted" : reply.error.code;
}

async function signedBy(
  account: PrivateKeyAccount,
  change: Partial<Parameters<typeof buildCommand>[0]> & { readonly deployment?: `0x${string}` } = {},
): Promise<SignedCommand> {
  const { deployment = desk.home.deploymentId, ...rest } = change;
  const params = rest.params ?? pause;
  const command = buildCommand({
    action: "pair.pause",
    target: DESK_PAIR,
    nonce: `0x${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex")}`,
    expiresAtSec: Date.now() / 1_000 + 200,
    ...rest,
    params,
  });
  const signature = await account.signTypedData(commandTypedData(deployment, command));
  return { command, params: { ...params }, address: account.address, signature };
}

describe("commands", () => {
  hostile("28", "a command sent again", async () => {
    const cookie = await desk.signIn(api, desk.people.owner);
    const signed = await signedBy(desk.people.owner);
    expect((await send(api, "POST", "/api/commands", { cookie, body: signed })).status).toBe(202);
    const before = await desk.acceptedCount();
    const again = await send(api, "POST", "/api/commands", { cookie, body: signed });
    expect(again.status).toBe(409);
    // The same nonce under other words, and in capitals: it is spent for this address.
    const same = await signedBy(desk.people.owner, {
      nonce: signed.command.nonce,
      params: { ...pause, reason: "other" },
    });
    expect((await send(api, "POST", "/api/commands", { cookie, body: same })).status).toBe(409);
    const upper = {
      ...signed,
      command: { ...signed.command, nonce: `0x${signed.command.nonce.slice(2).toUpperCase()}` },
    };
    expect((await send(api, "POST", "/api/commands", { cookie, body: upper })).status).toBeGreaterThanOrEqual(400);
    const many = await signedBy(desk.people.owner, {
      action: "pair.resume",
      params: { pairId: DESK_PAIR, note: "" },
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send(api, "POST", "/api/commands", { cookie, body: many })),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(await desk.acceptedCount()).toBe(before + 1);
    return "409 for the copy, the same nonce and 19 of 20 at once";
  });

  hostile("29", "the high-s twin of a good signature", async () => {
    const signed = await signedBy(desk.people.owner);
    const s = ORDER - BigInt(`0x${signed.signature.slice(66, 130)}`);
    const flipped = signed.signature.slice(130) === "1b" ? "1c" : "1b";
    const twin: SignedCommand = {
      ...signed,
      signature: `0x${signed.signature.slice(2, 66)}${s.toString(16).padStart(64, "0")}${flipped}`,
    };
    await expectNoEffect(twin, 403);
    expect(await atSigner(twin)).toBe("bad_signature");
    return "403; the signer by itself: bad_signature";
  });

  hostile("30", "an expired command, and one that would live too long", async () => {
    const now = Date.now() / 1_000;
    const expired = await signedBy(desk.people.owner, { expiresAtSec: now - 1 });
    const eternal = await signedBy(desk.people.owner, { expiresAtSec: now + 3_600 });
    await expectNoEffect(expired, 422);
    await expectNoEffect(eternal, 422);
    for (const signed of [expired, eternal]) expect(await atSigner(signed)).toBe("expired");
    return "422; the signer by itself: expired";
  });

  hostile("31", "an approval for another plan than it names", async () => {
    const planId = `0x${"ab".repeat(16)}`;
    const params = { planId, note: "" };
    const unknown = await signedBy(desk.people.approver, { action: "plan.approve", target: planId, params });
    await expectNoEffect(unknown, 404, desk.people.approver);
    const crossed = await signedBy(desk.people.approver, {
      action: "plan.approve",
      target: `0x${"cd".repeat(16)}`,
      params,
    });
    await expectNoEffect(crossed, 400, desk.people.approver);
    const stray = await signedBy(desk.people.owner, { planHash: `0x${"11".repeat(32)}` });
    await expectNoEffect(stray, 400);
    const swapped = { ...unknown, params: { planId: `0x${"cd".repeat(16)}`, note: "" } };
    await expectNoEffect(swapped, 400, desk.people.approver);
    expect(await atSigner(swapped)).toBe("bad_signature");
    return "404 or 400; what is signed is what is named";
  });

  hostile("32", "a command for another deployment or with a chain in its domain", async () => {
    const foreign = await signedBy(desk.people.owner, { deployment: `0x${"e2".repeat(32)}` });
    await expectNoEffect(foreign, 403);
    expect(await atSigner(foreign)).toBe("bad_signature");
    const signed = await signedBy(desk.people.owner);
    const typed = commandTypedData(desk.home.deploymentId, signed.command);
    const signature = await desk.people.owner.signTypedData({ ...typed, domain: { ...typed.domain, chainId: 1 } });
    await expectNoEffect({ ...signed, signature }, 403);
    expect(await atSigner({ ...signed, signature })).toBe("bad_signature");
    return "403; the signer by itself: bad_signature";
  });

  hostile("33", "a signature of somebody else", async () => {
    const byStranger = await signedBy(desk.people.stranger);
    await expectNoEffect({ ...byStranger, address: desk.people.owner.address }, 403);
    expect(await atSigner({ ...byStranger, address: desk.people.owner.address })).toBe("bad_signature");
    await expectNoEffect(byStranger, 403);
    expect(await atSigner(byStranger)).toBe("unauthorized");
    for (const action of ["role.set", "system.resume"] as const) {
      const params = action === "role.set" ? { address: desk.people.operator.address, role: "owner" } : { note: "x" };
      const own = await signedBy(desk.people.operator, { action, target: "system", params });
      await expectNoEffect(own, 403, desk.people.operator);
      expect(await atSigner(own)).toBe("unauthorized");
    }
    return "403; an operator cannot make himself owner";
  });

  hostile("34", "a role taken away after signing", async () => {
    const signed = await signedBy(desk.people.operator);
    const setRole = async (role: "operator" | null): Promise<void> => {
      const change = await desk.command(desk.people.owner, {
        action: "role.set",
        params: { address: desk.people.operator.address, role },
      });
      expect(await desk.control.call("command.submit", change)).toMatchObject({ ok: true });
    };
    await setRole(null);
    expect(await atSigner(signed)).toBe("unauthorized");
    await expectNoEffect(signed, 403);
    await setRole("operator");
    return "403; the signer by itself: unauthorized, at once";
  });

  hostile("35", "odd nonces", async () => {
    const signed = await signedBy(desk.people.owner);
    const { nonce } = signed.command;
    const odd = [
      "0x",
      "0x1",
      nonce.slice(0, 64),
      `${nonce}00`,
      `0x${"zz".repeat(32)}`,
      "",
      null,
      1,
      `${nonce}\n`,
      ` ${nonce}`,
    ];
    for (const each of odd) await expectNoEffect({ ...signed, command: { ...signed.command, nonce: each } }, 400);
    return `${odd.length} of them: 400`;
  });

  hostile("36", "odd numbers", async () => {
    const signed = await signedBy(desk.people.owner);
    const change = (part: object) => ({ ...signed, command: { ...signed.command, ...part } });
    const odd = [
      change({ expiresAt: "1e10" }),
      change({ expiresAt: "-1" }),
      change({ expiresAt: 1_900_000_000 }),
      change({ expiresAt: "99999999999999999999" }),
      change({ configVersion: "0x1" }),
      change({ configVersion: "1.5" }),
      change({ configVersion: "-1" }),
      change({ configVersion: "1".repeat(40) }),
      { ...signed, params: { ...pause, untilAtMs: 1.5 } },
      { ...signed, params: { ...pause, untilAtMs: -1 } },
      { ...signed, params: { ...pause, untilAtMs: "0x10" } },
      { ...signed, params: { ...pause, untilAtMs: Number.MAX_VALUE } },
    ];
    for (const body of odd) await expectNoEffect(body, 400);
    const cookie = await desk.signIn(api, desk.people.owner);
    for (const number of ["1e999", "-1e999", "0x10", "01", "1_000", "NaN", "Infinity"]) {
      const body = JSON.stringify(signed).replace('"untilAtMs":null', `"untilAtMs":${number}`);
      expect((await send(api, "POST", "/api/commands", { cookie, body })).status).toBe(400);
    }
    const huge = await signedBy(desk.people.owner, { params: { ...pause, untilAtMs: 2 ** 53 + 2 } });
    expect(await atSigner(huge)).not.toBe("accepted");
    return `${odd.length + 8} of them: refused`;
  });
});

describe("the signer's sockets", () => {
  hostile("signer", "no method moves money or signs at a stranger's word", async () => {
    const names = [...Object.keys(controlMethods), ...Object.keys(intentMethods)];
    // What can be asked for is this list: nothing takes a target, calldata, hash or message to sign.
    expect(names.filter((name) => /sign|send|raw|transfer$|approve$|7702|authoriz|message|hash/i.test(name))).toEqual(
      [],
    );
    const wanted = [
      "eth_sendTransaction",
      "eth_signTransaction",
      "eth_sign",
      "personal_sign",
      "transfer",
      "approve",
      "sign.hash",
      "sign.authorization",
      "wallet_signAuthorization",
      "__proto__",
      "constructor",
    ];
    const before = await desk.acceptedCount();
    for (const path of [desk.home.paths.control, desk.home.paths.intent]) {
      for (const method of wanted) {
        expect(await callRaw(path, { id: 1, method, params: { to: `0x${"5e".repeat(20)}`, data: "0x" } })).toContain(
          '"unknown_method"',
        );
      }
    }
    // A plan to a stranger, on an unlisted chain, of a pair that is not there: refused before anything is prepared.
    const intent = createIntentClient({
      socketPath: desk.home.paths.intent,
      deploymentId: desk.home.deploymentId,
      peer: "stranger",
      timeoutMs: 3_000,
    });
    const lease = await intent.call("fence.lease", { pairId: DESK_PAIR, workerId: "stranger" });
    const token = lease.ok ? lease.value.token : 0;
    const steps = [
      { kind: "approve", chainId: HOME_CHAIN, token: addressOf(1), spender: addressOf(2), amountRaw: "1", forStep: 1 },
      { kind: "transfer", chainId: HOME_CHAIN, token: addressOf(1), to: addressOf(2), amountRaw: "1" },
      { kind: "burn", chainId: 666, positionManager: addressOf(3), tokenId: "1", pool: addressOf(4) },
    ];
    for (const step of steps) {
      const text = await callRaw(desk.home.paths.intent, {
        id: 2,
        method: "plan.propose",
        params: {
          pairId: DESK_PAIR,
          token,
          proposedBy: "stranger",
          marketAtMs: 1,
          plan: { pairId: DESK_PAIR, steps: [step] },
        },
      });
      expect(text).toMatch(/"ok":false/);
      expect(text).toMatch(/bad_request|policy/);
    }
    const executed = await intent.call("op.execute", {
      pairId: DESK_PAIR,
      token,
      planId: `0x${"0".repeat(32)}`,
      index: 0,
      args: { price: 1, priceAtMarketMs: 1, nativeUsd: 1, quoteUsd: 1, amountRaw: 1n },
    });
    expect(executed.ok).toBe(false);
    intent.close();
    // Numbers and depths that no client of ours sends; the signer answers the next one as before.
    const signed = JSON.stringify(await signedBy(desk.people.owner));
    for (const bad of [
      signed.replace('"untilAtMs":null', '"untilAtMs":1e999'),
      signed.replace('"untilAtMs":null', `"untilAtMs":${"[".repeat(20_000)}${"]".repeat(20_000)}`),
    ]) {
      const text = await callText(desk.home.paths.control, `{"id":3,"method":"command.submit","params":${bad}}`);
      expect(text).toMatch(/"ok":false/);
    }
    expect(await desk.acceptedCount()).toBe(before);
    expect(await desk.control.call("health", {})).toMatchObject({ ok: true, value: { state: "NORMAL" } });
    return `${wanted.length * 2} methods unknown, ${steps.length} strange plans and 2 broken frames refused, the signer is well`;
  });
});

function word(hex: string): string {
  return `0x${hex.padEnd(64, "0")}`;
}

function addressOf(index: number): string {
  return `0x${index.toString(16).padStart(2, "0").repeat(20)}`;
}

function callRaw(path: string, frame: unknown): Promise<string> {
  return callText(path, JSON.stringify(frame));
}

/** One request on a connection of its own, as text, so that nothing of ours checks or encodes it. */
async function callText(path: string, text: string): Promise<string> {
  const hello = encodeFrame({ protocol: 1, deploymentId: desk.home.deploymentId, peer: "stranger" });
  if (!hello.ok) throw new Error("the hello does not fit a frame");
  const body = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const socket = connect(path);
  let seen = "";
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer; seen: ${seen}`)), 10_000);
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(seen);
    };
    socket.on("error", reject);
    socket.on("close", end);
    socket.on("data", (chunk: Buffer) => {
      seen += chunk.toString("utf8");
      if (/"ok":(true|false)/.test(seen)) end();
    });
    socket.write(Buffer.concat([hello.value, length, body]));
  });
}
