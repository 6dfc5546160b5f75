// Built-in pools of the Uniswap V3 family. "derived" means that the address was recomputed from factory, tokens, fee and code hash.
import type { PoolEntry } from "./schema";

export const POOLS: readonly PoolEntry[] = [
  // derived: derivation, light-alm
  {
    pair: "USDC-USDT",
    chainId: 1,
    dex: "uniswap-v3",
    id: "0x3416cF6C708Da44DB2624D63ea0AAef7113527C6",
    tokens: ["USDC", "USDT"],
    fee: 100,
    tickSpacing: 1,
  },
  // derived: derivation, light-alm
  {
    pair: "USDC-USDT",
    chainId: 56,
    dex: "uniswap-v3",
    id: "0x2C3c320D49019D4f9A92352e947c7e5AcFE47D68",
    tokens: ["USDC", "USDT"],
    fee: 100,
    tickSpacing: 1,
  },
  // derived: derivation, light-alm
  {
    pair: "USDC-USDT",
    chainId: 42161,
    dex: "uniswap-v3",
    id: "0xbE3aD6a5669Dc0B8b12FeBC03608860C31E2eef6",
    tokens: ["USDC", "USDT0"],
    fee: 100,
    tickSpacing: 1,
  },
  // twice: light-alm, public-repo; spacing inferred from the fee
  {
    pair: "USDC-USDT",
    chainId: 999,
    dex: "project-x-v3",
    id: "0x94291BEA4c3aC9dBE81615083BB9A028722eeBeC",
    tokens: ["USDC", "USDT0"],
    fee: 100,
    tickSpacing: 1,
  },
  // derived: derivation, light-alm; 100 is the initial fee of the pool key; the live fee is read from the pool
  {
    pair: "USDC-USDT",
    chainId: 43114,
    dex: "pangolin-v3",
    id: "0x1150403B19315615Aad1638d9dd86cd866b2f456",
    tokens: ["USDC", "USDT"],
    fee: 100,
    tickSpacing: null,
  },
  // derived: derivation, light-alm
  {
    pair: "USDC-USDT",
    chainId: 43114,
    dex: "uniswap-v3",
    id: "0x804226cA4EDb38e7eF56D16d16E92dc3223347A0",
    tokens: ["USDC", "USDT"],
    fee: 100,
    tickSpacing: 1,
  },
  // derived: derivation, light-alm; bridged USDC.e, not USDC
  {
    pair: "USDC-USDT",
    chainId: 137,
    dex: "uniswap-v3",
    id: "0xDaC8A8E6DBf8c690ec6815e0fF03491B2770255D",
    tokens: ["USDC.e", "USDT0"],
    fee: 100,
    tickSpacing: 1,
  },
  // derived: derivation, light-alm
  {
    pair: "USDC-USDT",
    chainId: 137,
    dex: "uniswap-v3",
    id: "0x31083a78E11B18e450fd139F9ABEa98CD53181B7",
    tokens: ["USDC", "USDT0"],
    fee: 100,
    tickSpacing: 1,
  },
  // derived: derivation, kyber-lib, public-repos
  {
    pair: "WETH-USDC",
    chainId: 1,
    dex: "uniswap-v3",
    id: "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640",
    tokens: ["USDC", "WETH"],
    fee: 500,
    tickSpacing: 10,
  },
  // derived: derivation, defillama-dims
  {
    pair: "WETH-USDC",
    chainId: 1,
    dex: "uniswap-v3",
    id: "0xE0554a476A092703abdB3Ef35c80e0D76d32939F",
    tokens: ["USDC", "WETH"],
    fee: 100,
    tickSpacing: 1,
  },
  // derived: derivation, uni-docs
  {
    pair: "WETH-USDC",
    chainId: 1,
    dex: "uniswap-v3",
    id: "0x8ad599c3A0ff1De082011EFDDc58f1908eb6e6D8",
    tokens: ["USDC", "WETH"],
    fee: 3000,
    tickSpacing: 60,
  },
  // derived: derivation, kyber-lib
  {
    pair: "WBTC-USDC",
    chainId: 1,
    dex: "uniswap-v3",
    id: "0x99ac8cA7087fA4A2A1FB6357269965A2014ABc35",
    tokens: ["WBTC", "USDC"],
    fee: 3000,
    tickSpacing: 60,
  },
  // derived: derivation, public-repos; bridged USDC.e; recorded minute data of this pool is in shared/data
  {
    pair: "WETH-USDC",
    chainId: 137,
    dex: "uniswap-v3",
    id: "0x45dDa9cb7c25131DF268515131f647d726f50608",
    tokens: ["USDC.e", "WETH"],
    fee: 500,
    tickSpacing: 10,
  },
  // derived: derivation, uni-docs; bridged USDC.e
  {
    pair: "WETH-USDC",
    chainId: 137,
    dex: "uniswap-v3",
    id: "0x0e44cEb592AcFC5D3F09D996302eB4C499ff8c10",
    tokens: ["USDC.e", "WETH"],
    fee: 3000,
    tickSpacing: 60,
  },
  // derived: derivation, defillama-dims
  {
    pair: "WETH-USDC",
    chainId: 42161,
    dex: "uniswap-v3",
    id: "0xC6962004f452bE9203591991D15f6b388e09E8D0",
    tokens: ["WETH", "USDC"],
    fee: 500,
    tickSpacing: 10,
  },
  // derived: derivation, uni-docs; bridged USDC.e
  {
    pair: "WETH-USDC",
    chainId: 42161,
    dex: "uniswap-v3",
    id: "0x17c14D2c404D167802b16C450d3c99F88F2c4F4d",
    tokens: ["WETH", "USDC.e"],
    fee: 3000,
    tickSpacing: 60,
  },
];
