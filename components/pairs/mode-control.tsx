// Changes how much a pair may do on its own; the dialog says what that means before the wallet opens.
"use client";
import { useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { KeyValue } from "@/components/ui/key-value";
import { Menu } from "@/components/ui/menu";
import { ModeBadge } from "@/components/ui/mode-badge";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { formatUsd } from "@/lib/format/usd";
import { MODES, type Mode } from "@/lib/registry/mode";
import type { PairStatus } from "@/lib/api/schemas";

const MEANS: Readonly<Record<Mode, string>> = {
  observe: "Decides and shows. Sends nothing.",
  approve: "Makes plans. Each waits for a signed approval; without one it expires and the pair holds.",
  auto: "Makes plans and carries them out at once, inside its limits.",
};

export function ModeControl({ pair, off }: { readonly pair: PairStatus; readonly off: string | null }): ReactNode {
  const [chosen, setChosen] = useState<Mode | null>(null);
  const command = useCommand();
  return (
    <>
      <Menu
        label="Mode"
        name={`Mode, now ${pair.mode}`}
        disabled={off !== null}
        items={MODES.map((mode) => ({
          id: mode,
          label: <ModeBadge mode={mode} />,
          detail: mode === pair.mode ? "now" : MEANS[mode],
          disabled: mode === pair.mode,
          onSelect: () => setChosen(mode),
        }))}
      />
      <Dialog
        open={chosen !== null}
        onOpenChange={(open) => {
          if (open) return;
          setChosen(null);
          command.reset();
        }}
        title={`Change ${pair.id} to ${(chosen ?? pair.mode).toUpperCase()}`}
        description={MEANS[chosen ?? pair.mode]}
      >
        <div className="grid gap-3">
          <KeyValue
            ruled
            rows={[
              { key: "Now", value: <ModeBadge mode={pair.mode} /> },
              { key: "Capital of the pair", value: formatUsd(pair.valueUsd) },
              { key: "Open plan", value: pair.openPlanId === null ? "none" : "keeps the mode it was made under" },
              { key: "In force", value: "from the signer's next check, also after a restart" },
            ]}
          />
          {chosen !== null && (
            <Button
              kind="primary"
              busy={command.busy}
              disabled={command.state.phase === "done"}
              onClick={() =>
                void command.run({ action: "pair.mode", target: pair.id, params: { pairId: pair.id, mode: chosen } })
              }
            >
              Change to {chosen.toUpperCase()} with wallet
            </Button>
          )}
          <CommandNote state={command.state} />
        </div>
      </Dialog>
    </>
  );
}
