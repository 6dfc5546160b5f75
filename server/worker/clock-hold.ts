// Lets the market wait for this pair: a step is acknowledged at once, or after the reading and deciding that is under way, so that a slow machine runs slower and its data stay fresh.
interface SteppedMarket {
  onTick(listener: (tick: { readonly seq: number }) => void): () => void;
  ack(seq: number, participant: string): Promise<void>;
}

export interface ClockHold {
  /** From here on steps stay unacknowledged; a clock that nobody steps takes no notice. */
  take(): void;
  release(): void;
  stop(): void;
}

export function createClockHold(market: SteppedMarket, participant: string): ClockHold {
  let isHeld = false;
  let hasJoined = false;
  let openSeq: number | null = null;

  function answer(): void {
    if (isHeld || openSeq === null) return;
    const seq = openSeq;
    openSeq = null;
    hasJoined = true;
    void market.ack(seq, participant);
  }

  const stopTicks = market.onTick(({ seq }) => {
    openSeq = seq;
    answer();
  });
  return {
    take() {
      isHeld = true;
      // The market waits only for those it has heard of: step 0 is over, so this says no more than "here".
      if (!hasJoined) void market.ack(0, participant);
      hasJoined = true;
    },
    release() {
      isHeld = false;
      answer();
    },
    stop() {
      stopTicks();
      isHeld = false;
      answer();
    },
  };
}
