// The published hash that Uniswap V3 periphery carries to derive pool addresses.
export const V3_INIT_CODE_HASH = "0xe34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54";
