// Built-in tokens: address, decimals and peg per chain. The comment of a row names how well the claim is supported.
import type { Token } from "./schema";

/** Symbols that stand for the same asset when a pair is matched with a pool; the exact contract is always the address. */
export const TOKEN_ALIASES: Readonly<Record<string, string>> = {
  "USDC.e": "USDC",
  USDbC: "USDC",
  USDT0: "USDT",
  "USDT.e": "USDT",
  ETH: "WETH",
  "WETH.e": "WETH",
  UETH: "WETH",
  BTCB: "WBTC",
  "WBTC.e": "WBTC",
  "BTC.b": "WBTC",
  cbBTC: "WBTC",
};

export const TOKENS: readonly Token[] = [
  // twice: uni-tokenlist, aave-book, pcs-tokens, lifi-data, light-alm
  {
    chainId: 1,
    symbol: "USDC",
    address: "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens, lifi-data, light-alm; non-standard ERC-20: transfer and approve return no value; approve from non-zero to non-zero reverts
  {
    chainId: 1,
    symbol: "USDT",
    address: "0xdAC17F958D2ee523a2206206994597C13D831ec7",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, lifi-data
  {
    chainId: 1,
    symbol: "WETH",
    address: "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
    decimals: 18,
    kind: "wrapped",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, lifi-data
  {
    chainId: 1,
    symbol: "WBTC",
    address: "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599",
    decimals: 8,
    kind: "wrapped",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens
  {
    chainId: 1,
    symbol: "cbBTC",
    address: "0xcbB7C0000aB88B473b1f5aFd9ef808440eed33Bf",
    decimals: 8,
    kind: "wrapped",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens, lifi-data, light-alm; 18 decimals, Binance-Peg
  {
    chainId: 56,
    symbol: "USDC",
    address: "0x8AC76a51cc950d9822D68b83fE1Ad97B32Cd580d",
    decimals: 18,
    kind: "bridged",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens, lifi-data, light-alm; 18 decimals, Binance-Peg
  {
    chainId: 56,
    symbol: "USDT",
    address: "0x55d398326f99059fF775485246999027B3197955",
    decimals: 18,
    kind: "bridged",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens, lifi-data; plays WETH; symbol on chain is ETH; the Uniswap list calls it WETH
  {
    chainId: 56,
    symbol: "ETH",
    address: "0x2170Ed0880ac9A755fd29B2688956BD959F933F8",
    decimals: 18,
    kind: "bridged",
    pegCurrency: null,
  },
  // twice: aave-book, pcs-tokens; plays WBTC; 18 decimals, not 8
  {
    chainId: 56,
    symbol: "BTCB",
    address: "0x7130d2A12B9BCbFAe4f2634d864A1Ee1Ce3Ead9c",
    decimals: 18,
    kind: "bridged",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens
  {
    chainId: 56,
    symbol: "WBNB",
    address: "0xbb4CdB9CBd36B01bD1cBaEBF2De08d9173bc095c",
    decimals: 18,
    kind: "wrapped",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, lifi-data, light-alm; the Aave book calls the native one USDCn and the bridged one USDC
  {
    chainId: 137,
    symbol: "USDC",
    address: "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, lifi-data, light-alm
  {
    chainId: 137,
    symbol: "USDC.e",
    address: "0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174",
    decimals: 6,
    kind: "bridged",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, lifi-data, light-alm; same address as the former bridged USDT, upgraded in place; symbol may read USDT or USDT0
  {
    chainId: 137,
    symbol: "USDT0",
    address: "0xc2132D05D31c914a87C6611C10748AEb04B58e8F",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, lifi-data
  {
    chainId: 137,
    symbol: "WETH",
    address: "0x7ceB23fD6bC0adD59E62ac25578270cFf1b9f619",
    decimals: 18,
    kind: "bridged",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, lifi-data
  {
    chainId: 137,
    symbol: "WBTC",
    address: "0x1BFD67037B42Cf73acF2047067bd4F2C47D9BfD6",
    decimals: 8,
    kind: "bridged",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book
  {
    chainId: 137,
    symbol: "WPOL",
    address: "0x0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270",
    decimals: 18,
    kind: "wrapped",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens, lifi-data, light-alm
  {
    chainId: 8453,
    symbol: "USDC",
    address: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens, lifi-data
  {
    chainId: 8453,
    symbol: "USDbC",
    address: "0xd9aAEc86B65D86f6A7B5B1b0c42FFA531710b6CA",
    decimals: 6,
    kind: "bridged",
    pegCurrency: "USD",
  },
  // twice: pcs-tokens, light-alm
  {
    chainId: 8453,
    symbol: "USDT",
    address: "0xfde4C96c8593536E31F229EA8f37b2ADa2699bb2",
    decimals: 6,
    kind: "bridged",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, lifi-data
  {
    chainId: 8453,
    symbol: "WETH",
    address: "0x4200000000000000000000000000000000000006",
    decimals: 18,
    kind: "wrapped",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens
  {
    chainId: 8453,
    symbol: "cbBTC",
    address: "0xcbB7C0000aB88B473b1f5aFd9ef808440eed33Bf",
    decimals: 8,
    kind: "wrapped",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens, lifi-data, light-alm
  {
    chainId: 42161,
    symbol: "USDC",
    address: "0xaf88d065e77c8cC2239327C5EDb3A432268e5831",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens, lifi-data, light-alm
  {
    chainId: 42161,
    symbol: "USDC.e",
    address: "0xFF970A61A04b1cA14834A43f5dE4533eBDDB5CC8",
    decimals: 6,
    kind: "bridged",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, pcs-tokens, lifi-data, light-alm; same address as the former USDT
  {
    chainId: 42161,
    symbol: "USDT0",
    address: "0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, lifi-data
  {
    chainId: 42161,
    symbol: "WETH",
    address: "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1",
    decimals: 18,
    kind: "wrapped",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, lifi-data
  {
    chainId: 42161,
    symbol: "WBTC",
    address: "0x2f2a2543B76A4166549F7aaB2e75Bef0aefC5B0f",
    decimals: 8,
    kind: "bridged",
    pegCurrency: null,
  },
  // single: uni-tokenlist
  {
    chainId: 42161,
    symbol: "cbBTC",
    address: "0xcbB7C0000aB88B473b1f5aFd9ef808440eed33Bf",
    decimals: 8,
    kind: "wrapped",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, lifi-data, light-alm
  {
    chainId: 43114,
    symbol: "USDC",
    address: "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, light-alm; LI.FI data-types lists the bridged USDT.e under the key USDT on this chain: do not trust the key, use addresses
  {
    chainId: 43114,
    symbol: "USDT",
    address: "0x9702230A8Ea53601f5cD2dc00fDBc13d4dF4A8c7",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: lifi-data, light-alm
  {
    chainId: 43114,
    symbol: "USDC.e",
    address: "0xA7D7079b0FEaD91F3e65f86E8915Cb59c1a4C664",
    decimals: 6,
    kind: "bridged",
    pegCurrency: "USD",
  },
  // twice: lifi-data, light-alm
  {
    chainId: 43114,
    symbol: "USDT.e",
    address: "0xc7198437980c041c805A1EDcbA50c1Ce5db95118",
    decimals: 6,
    kind: "bridged",
    pegCurrency: "USD",
  },
  // twice: uni-tokenlist, aave-book, lifi-data
  {
    chainId: 43114,
    symbol: "WETH.e",
    address: "0x49D5c2BdFfac6CE2BFdB6640F4F80f226bc10bAB",
    decimals: 18,
    kind: "bridged",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book, lifi-data
  {
    chainId: 43114,
    symbol: "WBTC.e",
    address: "0x50b7545627a5162F82A992c33b87aDc75187B218",
    decimals: 8,
    kind: "bridged",
    pegCurrency: null,
  },
  // single: aave-book
  {
    chainId: 43114,
    symbol: "BTC.b",
    address: "0x152b9d0FdC40C096757F570A51E494bd4b943E50",
    decimals: 8,
    kind: "bridged",
    pegCurrency: null,
  },
  // twice: uni-tokenlist, aave-book
  {
    chainId: 43114,
    symbol: "WAVAX",
    address: "0xB31f66AA3C1e785363F0875A1B74E27b85FD66c7",
    decimals: 18,
    kind: "wrapped",
    pegCurrency: null,
  },
  // twice: lifi-data, defillama-tvl, chainstack-docs; also proven indirectly: two pool addresses (Ramses, Hybra) re-derive with it. light-alm carries a different, invalid address
  {
    chainId: 999,
    symbol: "USDC",
    address: "0xb88339CB7199b77E23DB6E890353E22632Ba630f",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: lifi-data, defillama-tvl; also proven indirectly by the same two derivations. light-alm omits it
  {
    chainId: 999,
    symbol: "USDT0",
    address: "0xB8CE59FC3717ada4C02eaDF9682A9e934F625ebb",
    decimals: 6,
    kind: "native",
    pegCurrency: "USD",
  },
  // twice: lifi-data, defillama-tvl, lifi-contracts
  {
    chainId: 999,
    symbol: "WHYPE",
    address: "0x5555555555555555555555555555555555555555",
    decimals: 18,
    kind: "wrapped",
    pegCurrency: null,
  },
  // single: lifi-data; listed by LI.FI under the key ETH; name not confirmed here
  {
    chainId: 999,
    symbol: "UETH",
    address: "0x1fbcCdc677c10671eE50b46C61F0f7d135112450",
    decimals: 18,
    kind: "bridged",
    pegCurrency: null,
  },
];
