// Built-in DEX deployments of the Uniswap V3 family: contracts per chain, each a claim that is confirmed on chain.
import type { DexEntry } from "./schema";

export const DEXES: readonly DexEntry[] = [
  {
    id: "uniswap-v3",
    name: "Uniswap V3",
    family: "uniswap-v3",
    isStandIn: false,
    initCodeHash: "0xe34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54",
    chains: {
      "1": {
        // twice: uni-docs, uni-sdk
        factory: "0x1F98431c8aD98523631AE4a59f267346ea31F984",
        // twice: uni-docs, uni-sdk
        positionManager: "0xC36442b4a4522E871399CD717aBDD847Ab11FE88",
        // single: uni-docs
        quoterV2: "0x61fFE014bA17989E743c5F6cB21bF9697530B21e",
        // single: uni-docs
        swapRouter: "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45",
      },
      "56": {
        // twice: uni-docs, uni-sdk
        factory: "0xdB1d10011AD0Ff90774D0C6Bb92e5C5c8b4461F7",
        // twice: uni-docs, uni-sdk
        positionManager: "0x7b8A01B39D58278b5DE7e48c8449c9f4F5170613",
        // twice: uni-docs, uni-sdk
        quoterV2: "0x78D78E420Da98ad378D7799bE8f4AF69033EB077",
        // twice: uni-docs, uni-sdk
        swapRouter: "0xB971eF87ede563556b2ED4b1C0b0019111Dd85d2",
      },
      "137": {
        // twice: uni-docs, uni-sdk
        factory: "0x1F98431c8aD98523631AE4a59f267346ea31F984",
        // twice: uni-docs, uni-sdk
        positionManager: "0xC36442b4a4522E871399CD717aBDD847Ab11FE88",
        // single: uni-docs
        quoterV2: "0x61fFE014bA17989E743c5F6cB21bF9697530B21e",
        // single: uni-docs
        swapRouter: "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45",
      },
      "8453": {
        // twice: uni-docs, uni-sdk
        factory: "0x33128a8fC17869897dcE68Ed026d694621f6FDfD",
        // twice: uni-docs, uni-sdk
        positionManager: "0x03a520b32C04BF3bEEf7BEb72E919cf822Ed34f1",
        // twice: uni-docs, uni-sdk
        quoterV2: "0x3d4e44Eb1374240CE5F1B871ab261CD16335B76a",
        // twice: uni-docs, uni-sdk
        swapRouter: "0x2626664c2603336E57B271c5C0b26F421741e481",
      },
      "42161": {
        // twice: uni-docs, uni-sdk
        factory: "0x1F98431c8aD98523631AE4a59f267346ea31F984",
        // twice: uni-docs, uni-sdk
        positionManager: "0xC36442b4a4522E871399CD717aBDD847Ab11FE88",
        // single: uni-docs
        quoterV2: "0x61fFE014bA17989E743c5F6cB21bF9697530B21e",
        // single: uni-docs
        swapRouter: "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45",
      },
      "43114": {
        // twice: uni-docs, uni-sdk
        factory: "0x740b1c1de25031C31FF4fC9A62f554A55cdC1baD",
        // twice: uni-docs, uni-sdk
        positionManager: "0x655C406EBFa14EE2006250925e54ec43AD184f8B",
        // twice: uni-docs, uni-sdk
        quoterV2: "0xbe0F5544EC67e9B3b2D979aaA43f18Fd87E6257F",
        // twice: uni-docs, uni-sdk
        swapRouter: "0xbb00FF08d01D300023C629E8fFfFcb65A5a578cE",
      },
    },
  },
  {
    id: "ramses-v2-cl",
    name: "Ramses V2 CL (legacy)",
    family: "uniswap-v3",
    isStandIn: false,
    initCodeHash: null,
    chains: {
      "42161": {
        // single: zapper
        factory: "0xAA2cd7477c451E703f3B9Ba5663334914763edF8",
        // twice: zapper, defillama-tvl, light-alm
        positionManager: "0xAA277CB7914b7e5514946Da92cb9De332Ce610EF",
        quoterV2: null,
        swapRouter: null,
      },
    },
  },
  {
    id: "pangolin-v3",
    name: "Pangolin V3",
    family: "uniswap-v3",
    isStandIn: false,
    initCodeHash: "0xa9bb1321d78097b23af97a9c07d5ec13e1adc404334585171c54ecccb5ad93b2",
    chains: {
      "43114": {
        // twice: pangolin-sdk, derivation
        factory: "0x1128F23D0bc0A8396E9FBC3c0c68f5EA228B8256",
        // twice: pangolin-sdk, light-alm
        positionManager: "0xf40937279F38D0c1f97aFA5919F1cB3cB7f06A7F",
        // single: pangolin-sdk
        quoterV2: "0xA86522CCc412dBC4FA10991900FE46De95983822",
        // single: pangolin-sdk
        swapRouter: "0x5485A0751a249225D3bA2f6f296551507e22547f",
      },
    },
  },
  {
    id: "project-x-v3",
    name: "Project X",
    family: "uniswap-v3",
    isStandIn: false,
    initCodeHash: null,
    chains: {
      "999": {
        // twice: defillama-dims, public-repos
        factory: "0xFf7B3e8C00e57ea31477c32A5B52a58Eea47b072",
        // twice: public-repos, light-alm
        positionManager: "0xeaD19AE861c29bBb2101E834922B2FEee69B9091",
        quoterV2: null,
        // single: public-repo
        swapRouter: "0x1EbDFC75FfE3ba3de61E7138a3E8706aC841Af9B",
      },
    },
  },
];
