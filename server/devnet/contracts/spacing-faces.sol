// SPDX-License-Identifier: MIT
// Stand-in for Slipstream and Ramses V3: faces over Uniswap V3's published code whose pools are named by tick spacing. No gauges.
pragma solidity ^0.8.24;

import {FamilyPoolList, IV3, V3ManagerFace, V3PoolFace, V3QuoterFace, V3RouterFace} from "./v3-faces.sol";

interface ISlot0 {
    function ticks(int24 tick) external;
}

contract SlipstreamPoolFace is V3PoolFace {
    constructor(address real, FamilyPoolList list, address manager, address quoter)
        V3PoolFace(real, list, manager, quoter)
    {}

    // Six fields: there is no protocol fee.
    function slot0() external {
        uint256[] memory w = realSlot0();
        if (isOwnPeriphery()) finish(w);
        w[5] = w[6];
        assembly {
            mstore(w, 6)
        }
        finish(w);
    }

    // Ten fields: staked liquidity and reward growth are 0.
    function ticks(int24 tick) external {
        uint256[] memory w = wordsOf(inner(abi.encodeCall(ISlot0.ticks, (tick))));
        uint256[] memory shaped = new uint256[](10);
        (shaped[0], shaped[1], shaped[3], shaped[4]) = (w[0], w[1], w[2], w[3]);
        (shaped[6], shaped[7], shaped[8], shaped[9]) = (w[4], w[5], w[6], w[7]);
        finish(shaped);
    }

    function stakedLiquidity() external pure returns (uint128) {
        return 0;
    }

    function unstakedFee() external pure returns (uint24) {
        return 0;
    }

    function gauge() external pure returns (address) {
        return address(0);
    }
}

contract RamsesPoolFace is V3PoolFace {
    constructor(address real, FamilyPoolList list, address manager, address quoter)
        V3PoolFace(real, list, manager, quoter)
    {}
}

abstract contract SpacingManagerFace is V3ManagerFace {
    constructor(address real, FamilyPoolList list) V3ManagerFace(real, list) {}

    // The call's first eleven words are those of V3's own mint but for the third, which is the tick spacing.
    function mintBySpacing() internal {
        bytes memory words = msg.data[4:4 + 11 * 32];
        IV3.MintParams memory params = abi.decode(words, (IV3.MintParams));
        params.fee = LIST.feeOf(params.token0, params.token1, int24(params.fee));
        finish(inner(abi.encodeCall(IV3.mint, (params))));
    }
}

contract SlipstreamManagerFace is SpacingManagerFace {
    struct MintParams {
        address token0;
        address token1;
        int24 tickSpacing;
        int24 tickLower;
        int24 tickUpper;
        uint256 amount0Desired;
        uint256 amount1Desired;
        uint256 amount0Min;
        uint256 amount1Min;
        address recipient;
        uint256 deadline;
        uint160 sqrtPriceX96;
    }

    constructor(address real, FamilyPoolList list) SpacingManagerFace(real, list) {}

    function mint(MintParams calldata params) external payable {
        require(params.sqrtPriceX96 == 0, "the stand-in creates no pools");
        mintBySpacing();
    }

    function positions(uint256 tokenId) external {
        uint256[] memory w = realPosition(tokenId);
        w[4] = uint256(int256(LIST.spacingOfFee(uint24(w[4]))));
        finish(w);
    }
}

contract RamsesManagerFace is SpacingManagerFace {
    struct MintParams {
        address token0;
        address token1;
        int24 tickSpacing;
        int24 tickLower;
        int24 tickUpper;
        uint256 amount0Desired;
        uint256 amount1Desired;
        uint256 amount0Min;
        uint256 amount1Min;
        address recipient;
        uint256 deadline;
    }

    constructor(address real, FamilyPoolList list) SpacingManagerFace(real, list) {}

    function mint(MintParams calldata) external payable {
        mintBySpacing();
    }

    // Ten fields: no nonce, no operator.
    function positions(uint256 tokenId) external {
        uint256[] memory w = realPosition(tokenId);
        w[4] = uint256(int256(LIST.spacingOfFee(uint24(w[4]))));
        for (uint256 i = 0; i < 10; i++) w[i] = w[i + 2];
        assembly {
            mstore(w, 10)
        }
        finish(w);
    }
}

contract SpacingRouterFace is V3RouterFace {
    struct SwapParams {
        address tokenIn;
        address tokenOut;
        int24 tickSpacing;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 sqrtPriceLimitX96;
    }

    constructor(address real, FamilyPoolList list) V3RouterFace(real, list, 3) {}

    function exactInputSingle(SwapParams calldata p) external payable {
        uint24 fee = LIST.feeOf(p.tokenIn, p.tokenOut, p.tickSpacing);
        IV3.SwapParams memory real = IV3.SwapParams(
            p.tokenIn,
            p.tokenOut,
            fee,
            p.recipient,
            p.deadline,
            p.amountIn,
            p.amountOutMinimum,
            p.sqrtPriceLimitX96
        );
        finish(inner(abi.encodeCall(IV3.exactInputSingle, (real))));
    }
}

contract SpacingQuoterFace is V3QuoterFace {
    struct QuoteParams {
        address tokenIn;
        address tokenOut;
        uint256 amountIn;
        int24 tickSpacing;
        uint160 sqrtPriceLimitX96;
    }

    constructor(address real, FamilyPoolList list) V3QuoterFace(real, list, 3) {}

    function quoteExactInputSingle(QuoteParams calldata p) external {
        finish(realQuote(p.tokenIn, p.tokenOut, p.tickSpacing, p.amountIn, p.sqrtPriceLimitX96));
    }

    function quoteExactInput(bytes calldata path, uint256 amountIn) external {
        finish(realQuotePath(path, amountIn));
    }
}
