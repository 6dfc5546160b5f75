// Camelot V3 on the devnet, a stand-in: as Algebra 1.x with its two-fee shapes. Selling token1 costs half as much again as selling token0.
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
  quoterFace: "CamelotQuoterFace",
  orderKind: ORDER_KINDS.algebra,
  managerHides: ["IncreaseLiquidity(uint256,uint128,uint256,uint256)"],
  hasFixedFee: false,
  otherWayFeePips: (feePips) => Math.round(feePips * 1.5),
});
