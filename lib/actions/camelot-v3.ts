// Camelot V3 (Algebra 1.9, a fee per direction) calldata and receipts: the position manager is that of Algebra 1.x.
import { algebraV1Mint } from "./algebra-v1";
import type { FamilyActions } from "./family";
import { createV3Actions } from "./v3-manager";

export const camelotV3Actions: FamilyActions = createV3Actions({ family: "camelot-v3", ...algebraV1Mint });
