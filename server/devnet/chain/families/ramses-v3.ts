// Ramses V3 on the devnet, a stand-in: faces over Uniswap V3's published bytecode with its mint and its ten-field positions.
import { ORDER_KINDS } from "./family-kit";
import { createV3StandInKit } from "./v3-stand-in";

export const ramsesV3Kit = createV3StandInKit({
  family: "ramses-v3",
  dexId: "ramses-v3",
  name: "Ramses V3 (stand-in)",
  list: "SpacingFactoryStandIn",
  poolFace: "RamsesPoolFace",
  managerFace: "RamsesManagerFace",
  routerFace: "SpacingRouterFace",
  quoterFace: "SpacingQuoterFace",
  orderKind: ORDER_KINDS.v3,
  managerHides: [],
  hasFixedFee: true,
});
