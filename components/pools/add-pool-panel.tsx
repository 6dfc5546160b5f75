// Adding a pool: found by its address, checked line by line on its chain, then what a signature would change; a check that fails blocks.
"use client";
import dynamic from "next/dynamic";
import { parseAsInteger, parseAsString, useQueryState } from "nuqs";
import { useState, type ReactNode } from "react";
import { ChangeList, type Change } from "@/components/settings/change-list";
import { CheckLines } from "@/components/settings/check-lines";
import { askSettings, useSettings, type SettingsAnswer } from "@/components/settings/settings-api";
import { Button } from "@/components/ui/button";
import { SelectField, TextField } from "@/components/ui/field";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { useSession } from "@/components/wallet/use-session";
import { ApiError } from "@/lib/api/client";
import { hasProblem, type RegistryAddition } from "@/lib/api/system-settings";
import { formatFeePips } from "@/lib/format/percent";
import { NO_POOL_KEY, readPoolKey, type PoolKeyText } from "./pool-key-form";

/** Engine, report and forms of a check that went well. */
const PoolTrialPanel = dynamic(
  lazyPart(() => import("./pool-trial-panel").then((module) => module.PoolTrialPanel)),
  {
    ssr: false,
  },
);
const PoolCapsPanel = dynamic(
  lazyPart(() => import("./pool-caps-panel").then((module) => module.PoolCapsPanel)),
  { ssr: false },
);

type Check = SettingsAnswer<"poolCheck">;
type Choices = SettingsAnswer<"registryChoices">;

const POOL_ID = /^0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/;

export function AddPoolPanel(): ReactNode {
  const { data: session } = useSession();
  const choices = useSettings("registryChoices", { enabled: session?.signedIn === true });
  if (session?.signedIn !== true) {
    return (
      <Panel title="Add a pool">
        <p className="text-ink-2">
          <TextLink href="/login?next=%2Fpools">Sign in</TextLink> to look a pool up by its address; an owner can add
          it.
        </p>
      </Panel>
    );
  }
  if (choices.data === undefined) {
    return (
      <Panel title="Add a pool">
        <p role="status" className="text-ink-2">
          {choices.error === null ? "Reading what can be added…" : choices.error.message}
        </p>
      </Panel>
    );
  }
  return <Finder choices={choices.data} />;
}

function Finder({ choices }: { readonly choices: Choices }): ReactNode {
  const [address, setAddress] = useQueryState("find", parseAsString.withDefault(""));
  const [chainId, setChainId] = useQueryState("on", parseAsInteger);
  const [dexId, setDexId] = useState("");
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [keyText, setKeyText] = useState(NO_POOL_KEY);
  // With what was there when it was checked: what is signed does not change under the eyes of who reads it.
  const [check, setCheck] = useState<{ readonly check: Check; readonly choices: Choices } | null>(null);
  const chain = choices.chains.find(({ id }) => id === chainId) ?? choices.chains[0];
  const id = address.trim();
  const needsDex = id.length === 66;
  const dexes = (chain?.dexes ?? []).filter(({ hasPoolIds }) => !needsDex || hasPoolIds);

  const look = async (): Promise<void> => {
    if (chain === undefined) return;
    setCheck(null);
    if (!POOL_ID.test(id)) {
      setProblem("Expected a pool address, 0x and 40 hex digits, or a pool id with 64.");
      return;
    }
    const key = readPoolKey(needsDex ? keyText : NO_POOL_KEY);
    if (!key.ok) {
      setProblem(key.problem);
      return;
    }
    setProblem(null);
    setBusy("Checking…");
    try {
      const answer = await askSettings("poolCheck", {
        body: { chainId: chain.id, id, dexId: dexId === "" ? null : dexId, pairId: null, ...key.key },
      });
      setCheck({ check: answer, choices });
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : "The desk did not answer; nothing was checked.");
    } finally {
      setBusy(null);
    }
  };

  return (
    <Panel title="Add a pool">
      <form
        className="flex flex-wrap items-start gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void look();
        }}
      >
        <SelectField
          label="Chain"
          className="min-w-36 flex-1 desk:flex-none"
          value={String(chain?.id ?? "")}
          onChange={(event) => {
            setCheck(null);
            void setChainId(Number(event.target.value));
          }}
        >
          {choices.chains.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="DEX"
          className="min-w-36 flex-1 desk:flex-none"
          value={dexId}
          onChange={(event) => {
            setCheck(null);
            setDexId(event.target.value);
          }}
        >
          <option value="">{needsDex ? "Choose one" : "Found by the pool’s factory"}</option>
          {dexes.map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Pool address or id"
          className="min-w-0 flex-1 basis-80"
          autoComplete="off"
          spellCheck={false}
          value={address}
          error={problem}
          placeholder="0x…"
          onChange={(event) => {
            setCheck(null);
            setProblem(null);
            void setAddress(event.target.value === "" ? null : event.target.value);
          }}
        />
        <Button type="submit" className="desk:mt-6" disabled={id === "" || (needsDex && dexId === "")} busy={busy}>
          Check on its chain
        </Button>
        {needsDex && (
          <PoolKeyFields
            text={keyText}
            onChange={(next) => {
              setCheck(null);
              setKeyText(next);
            }}
          />
        )}
      </form>
      <div aria-live="polite">{check !== null && <Result {...check} chainName={chain?.name ?? ""} />}</div>
      {check === null && (
        <p className="mt-3 text-dense text-ink-3">
          Code, factory, key, hook, tokens, depth, volume, exchanges and gas are looked at; nothing is changed by
          looking. A pool whose DEX or chain is not known is added by{" "}
          <code className="font-hash text-micro">tidegate registry add</code>.{" "}
          <TextLink href="/docs/configuration">Manual</TextLink>
        </p>
      )}
    </Panel>
  );
}

function PoolKeyFields({
  text,
  onChange,
}: {
  readonly text: PoolKeyText;
  readonly onChange: (text: PoolKeyText) => void;
}): ReactNode {
  const field = (key: keyof PoolKeyText, label: string, placeholder: string): ReactNode => (
    <TextField
      label={label}
      placeholder={placeholder}
      autoComplete="off"
      spellCheck={false}
      value={text[key]}
      onChange={(event) => onChange({ ...text, [key]: event.target.value })}
    />
  );
  return (
    <details className="basis-full">
      <summary className="min-h-6 text-dense text-ink-2">
        Key of the pool, where its manager does not know it yet
      </summary>
      <p className="mt-1 max-w-prose text-dense text-ink-3">
        A pool by id has no contract to ask. The manager tells the key once somebody opened a position through it;
        before that it is typed here, and the id must follow from it.
      </p>
      <div className="mt-2 grid grid-cols-2 gap-3 desk:grid-cols-4">
        {field("tokens", "Tokens, lower address first", "WETH USDC")}
        {field("feePercent", "Fee, %", "0.05")}
        {field("tickSpacing", "Tick spacing", "10")}
        {field("hooks", "Hook", "none")}
      </div>
    </details>
  );
}

function Result({
  check,
  choices,
  chainName,
}: {
  readonly check: Check;
  readonly choices: Choices;
  readonly chainName: string;
}): ReactNode {
  const command = useCommand();
  const { addition } = check;
  return (
    <div className="-mx-3.5 mt-3 grid items-start border-t desk:-mx-4 mid:grid-cols-[minmax(0,1fr)_340px]">
      <div className="min-w-0 mid:border-r">
        <div className="flex flex-wrap items-center gap-3 px-3.5 py-2.5 desk:px-4">
          {hasProblem(check.lines) ? (
            <Status tone="crit">Cannot be added</Status>
          ) : (
            <Status tone="ok">Can be added</Status>
          )}
          <span className="text-micro text-ink-3">checked in {(check.tookMs / 1000).toFixed(1)} s</span>
        </div>
        <CheckLines lines={check.lines} caption="Checks of the pool" />
        {addition !== null && <PoolTrialPanel addition={addition} market={check.market} />}
      </div>
      <div className="min-w-0 max-mid:border-t">
        <section aria-label="What is signed" className="min-w-0 px-3.5 py-3 desk:px-4">
          <h3 className="mb-2 font-title">What is signed</h3>
          {addition === null ? (
            <p className="text-ink-2">
              Nothing: a check speaks against it. The lines marked “blocks” say what was expected and what came.
            </p>
          ) : (
            <>
              <ChangeList changes={additionChanges(addition, choices, chainName)} />
              <div className="mt-4 grid gap-2">
                <Button
                  kind="primary"
                  busy={command.busy}
                  disabled={command.state.phase === "done"}
                  onClick={() =>
                    void command.run({
                      action: "registry.add",
                      target: "system",
                      params: addition,
                      configVersion: choices.added.version,
                    })
                  }
                >
                  Sign this addition with wallet
                </Button>
                <CommandNote state={command.state} />
              </div>
              <p className="mt-3 text-dense text-ink-3">
                Only an owner can sign this. The signer checks the pool again by itself. The pair&rsquo;s worker starts
                anew after its open step and asks the chain once more; mode and limits of a pair stay as they are.
              </p>
            </>
          )}
        </section>
        {addition !== null && check.pairId !== null && (
          <PoolCapsPanel
            pairId={check.pairId}
            isNewPair={addition.pairs.length > 0}
            isAdded={command.state.phase === "accepted" || command.state.phase === "done"}
            depthUsd={check.market?.depthUsd ?? null}
          />
        )}
      </div>
    </div>
  );
}

function additionChanges(addition: RegistryAddition, choices: Choices, chainName: string): Change[] {
  const [pool] = addition.pools;
  const [pair] = addition.pairs;
  const known = choices.pairs.find(({ id }) => id === pool?.pair);
  return [
    ...(pair === undefined
      ? []
      : [
          { id: "pair", label: "Pair", before: "not there", after: `${pair.id} in OBSERVE` },
          {
            id: "sources",
            label: `Exchanges of ${pair.id}`,
            before: "none",
            after: pair.sources.map(({ venue, base, quote }) => `${venue} ${base}/${quote}`).join(", "),
          },
        ]),
    ...addition.tokens.map((token) => ({
      id: token.address,
      label: `Token on ${chainName}`,
      before: "not there",
      after: `${token.symbol}, ${token.decimals} decimals, ${token.address}`,
    })),
    ...(pool === undefined
      ? []
      : [
          {
            id: "pools",
            label: `Pools of ${pool.pair}`,
            before: `${known?.pools ?? 0}${known?.isFixedList === true ? ", named one by one" : ""}`,
            after: `${(known?.pools ?? 0) + 1}: ${pool.dex} ${pool.fee === null ? "" : `${formatFeePips(pool.fee)} `}on ${chainName}, ${pool.id}`,
          },
        ]),
    {
      id: "version",
      label: "Registry of this deployment",
      before: `version ${choices.added.version}`,
      after: `version ${choices.added.version + 1}`,
    },
  ];
}
