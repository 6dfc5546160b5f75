// Camelot V3 on the devnet, a stand-in: as Algebra 1.x with its two-fee shapes. The code below has one fee, so both directions say and pay the same.
import { ORDER_KINDS } from "./family-kit";
import { createV3StandInKit } from "./v3-stand-in";

export const camelotV3Kit = createV3StandInKit({
  family: "camelot-v3",
  dexId: "camelot-v3",
  name: "Camelot V3 (stand-in)",
  list: "PairFactoryStandIn",
  poolFace: "CamelotPoolFace",
  managerFace: "AlgebraManagerFace",
  routerFace: "AlgebraRouterFace",
  quoterFace: "AlgebraQuoterFace",
  orderKind: ORDER_KINDS.algebra,
  managerHides: ["IncreaseLiquidity(uint256,uint128,uint256,uint256)"],
  hasFixedFee: false,
});
