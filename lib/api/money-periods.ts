// The stretches of time that money is reported over, as words alone.

export const MONEY_PERIODS = ["24h", "7d", "30d"] as const;
export type MoneyPeriod = (typeof MONEY_PERIODS)[number];
