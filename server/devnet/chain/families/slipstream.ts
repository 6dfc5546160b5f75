// Slipstream on the devnet, a stand-in: faces over Uniswap V3's published bytecode, without gauges.
import { ORDER_KINDS } from "./family-kit";
import { createV3StandInKit } from "./v3-stand-in";

export const slipstreamKit = createV3StandInKit({
  family: "slipstream",
  dexId: "slipstream",
  name: "Slipstream (stand-in)",
  list: "SpacingFactoryStandIn",
  poolFace: "SlipstreamPoolFace",
  managerFace: "SlipstreamManagerFace",
  routerFace: "SpacingRouterFace",
  quoterFace: "SpacingQuoterFace",
  orderKind: ORDER_KINDS.v3,
  managerHides: [],
  hasFixedFee: true,
});
