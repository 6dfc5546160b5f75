// Capital: the ledger against the chain, and what a signed command assigns to a pair.
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { walletAccount } from "@/lib/ledger/accounts";
import { assignEntries } from "@/lib/ledger/entries";
import type { Address } from "@/lib/units";
import { readOpenAllowances, readTokenBalance } from "./allowances";
import type { EngineContext } from "./context";
import { amountText } from "./inventory";
import { bookCredits } from "./journal/recover";
import { createDoubts } from "./doubts";
import { SignerError, type Engine, type LedgerCheck } from "./ports";

const refuse = SignerError.refuse;

export function createLedgerDesk(context: EngineContext): Pick<Engine, "checkLedger" | "assignCapital"> {
  const { deps, journal } = context;
  const doubts = createDoubts(context);

  const checkLedger: Engine["checkLedger"] = async () => {
    const blocks: { chainId: number; number: bigint }[] = [];
    const rows: LedgerCheck["rows"][number][] = [];
    const openAllowances: LedgerCheck["openAllowances"][number][] = [];
    let failure: ChainError | null = null;
    for (const chainId of deps.chains.keys()) {
      await context
        .withChain(chainId, () => checkChain(chainId))
        .catch((error: unknown) => {
          if (!(error instanceof ChainError)) throw error;
          // The others are compared all the same; a chain without a block in the answer was not.
          failure = error;
          deps.log.warn("signer.check-skipped", { chainId, message: error.message });
        });
    }
    if (blocks.length === 0 && failure !== null) throw SignerError.later("chain", errorText(failure));
    return { checkedAtMs: deps.wall.nowMs(), blocks, rows, openAllowances };

    async function checkChain(chainId: number): Promise<void> {
      const port = context.chain(chainId);
      const block = await port.readBlock("latest");
      if (block === null) throw SignerError.later("chain", `chain ${chainId} answered no latest block`);

      const add = (token: Address, chainRaw: bigint): void => {
        doubts.weigh(port, { token, chainRaw, block });
        const ledgerRaw = journal.state.balances.walletTotal(chainId, token);
        const differenceRaw = (chainRaw - ledgerRaw).toString();
        rows.push({ chainId, token, ledgerRaw: ledgerRaw < 0n ? 0n : ledgerRaw, chainRaw, differenceRaw });
      };
      for (const token of deps.registry.tokens.filter((each) => each.chainId === chainId)) {
        add(token.address, await readTokenBalance(port, token.address, deps.key.address, block.number));
      }
      add("0x0000000000000000000000000000000000000000", await port.readNativeBalance(deps.key.address, block.number));
      openAllowances.push(...(await readOpenAllowances(context, chainId, block.number)));
      blocks.push({ chainId, number: block.number });
    }
  };

  const assignCapital: Engine["assignCapital"] = (input) =>
    context.withChain(input.chainId, async () => {
      const text = amountText(context, input.chainId, input.token, input.amountRaw);
      if (journal.state.hasReference(input.commandId)) return text;
      await bookCredits(context, input.chainId);
      const { balances } = journal.state;
      const entries = assignEntries({
        pairId: input.pairId,
        token: input.token,
        amountRaw: input.amountRaw,
        unassignedRaw: balances.of(input.chainId, "unassigned", input.token),
        creditRaw: balances.of(input.chainId, "credit", input.token),
      });
      if (entries === null) {
        const free =
          balances.of(input.chainId, "unassigned", input.token) + balances.of(input.chainId, "credit", input.token);
        throw refuse(
          "insufficient",
          `${input.amountRaw} of ${input.token} on chain ${input.chainId} were asked for, ${free} are free; ${walletAccount(input.pairId)} keeps what it has`,
        );
      }
      context.record({
        type: "LEDGER",
        body: {
          chainId: input.chainId,
          pairId: input.pairId,
          reference: input.commandId,
          note: "capital assigned by signed command",
          entries: [...entries],
          marketAtMs: deps.market.nowMs(),
        },
      });
      return text;
    });

  return { checkLedger, assignCapital };
}
