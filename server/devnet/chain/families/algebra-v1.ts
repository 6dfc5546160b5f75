// Algebra 1.x on the devnet, a stand-in: faces over Uniswap V3's published bytecode, one pool per pair. Its fee does not move.
import { ORDER_KINDS } from "./family-kit";
import { createV3StandInKit } from "./v3-stand-in";

export const algebraV1Kit = createV3StandInKit({
  family: "algebra-v1",
  dexId: "algebra-v1",
  name: "Algebra 1.x (stand-in)",
  list: "PairFactoryStandIn",
  poolFace: "AlgebraV1PoolFace",
  managerFace: "AlgebraManagerFace",
  routerFace: "AlgebraRouterFace",
  quoterFace: "AlgebraQuoterFace",
  orderKind: ORDER_KINDS.algebra,
  managerHides: ["IncreaseLiquidity(uint256,uint128,uint256,uint256)"],
  hasFixedFee: false,
});
