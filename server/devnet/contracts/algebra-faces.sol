// SPDX-License-Identifier: MIT
// Stand-in for Algebra 1.x and Camelot V3: faces over Uniswap V3's published code with one pool per pair. Fees do not move; Camelot takes one per direction.
pragma solidity ^0.8.24;

import {FamilyPoolList, IV3, V3ManagerFace, V3PoolFace, V3QuoterFace, V3RouterFace} from "./v3-faces.sol";

abstract contract AlgebraPoolFace is V3PoolFace {
    constructor(address real, FamilyPoolList list, address manager, address quoter)
        V3PoolFace(real, list, manager, quoter)
    {}

    function slot0() external {
        if (!isOwnPeriphery()) refuse();
        pass();
    }

    function tickBitmap(int16) external {
        if (!isOwnPeriphery()) refuse();
        pass();
    }

    function fee() external pure {
        refuse();
    }

    function observe(uint32[] calldata) external pure {
        refuse();
    }

    function feeGrowthGlobal0X128() external pure {
        refuse();
    }

    function feeGrowthGlobal1X128() external pure {
        refuse();
    }

    function totalFeeGrowth0Token() external {
        finish(inner(abi.encodeCall(IV3.feeGrowthGlobal0X128, ())));
    }

    function totalFeeGrowth1Token() external {
        finish(inner(abi.encodeCall(IV3.feeGrowthGlobal1X128, ())));
    }

    // Volatility and volume are not kept here: two lists of zeros.
    function getTimepoints(uint32[] calldata secondsAgos)
        external
        returns (int56[] memory ticks, uint160[] memory seconds_, uint112[] memory volatility, uint256[] memory volume)
    {
        (ticks, seconds_) = abi.decode(inner(abi.encodeCall(IV3.observe, (secondsAgos))), (int56[], uint160[]));
        volatility = new uint112[](secondsAgos.length);
        volume = new uint256[](secondsAgos.length);
    }

    function realFee() internal view returns (uint256) {
        return LIST.feeOfPool(address(this));
    }

    function realWord(int16 word) internal returns (uint256) {
        return wordsOf(inner(abi.encodeCall(IV3.tickBitmap, (word))))[0];
    }

    // Parts of a thousand from V3's 1/n per token.
    function communityFees(uint256 feeProtocol) internal pure returns (uint256 of0, uint256 of1) {
        of0 = feeProtocol % 16 == 0 ? 0 : 1000 / (feeProtocol % 16);
        of1 = feeProtocol >> 4 == 0 ? 0 : 1000 / (feeProtocol >> 4);
    }
}

contract AlgebraV1PoolFace is AlgebraPoolFace {
    constructor(address real, FamilyPoolList list, address manager, address quoter)
        AlgebraPoolFace(real, list, manager, quoter)
    {}

    function globalState() external {
        uint256[] memory w = realSlot0();
        uint256[] memory shaped = new uint256[](7);
        (shaped[0], shaped[1], shaped[2], shaped[3]) = (w[0], w[1], realFee(), w[2]);
        (shaped[4], shaped[5]) = communityFees(w[5]);
        shaped[6] = w[6];
        finish(shaped);
    }

    // One bit per tick spacing.
    function tickTable(int16 word) external returns (uint256) {
        return realWord(word);
    }
}

interface ICamelotPool {
    function globalState()
        external
        view
        returns (
            uint160 price,
            int24 tick,
            uint16 feeZto,
            uint16 feeOtz,
            uint16 timepointIndex,
            uint16 communityFeeToken0,
            uint16 communityFeeToken1,
            bool unlocked
        );
}

// A fee is part of V3's code: swaps of token1 run through a second copy of it, made for the other fee.
contract CamelotPoolFace is AlgebraPoolFace {
    address private immutable REAL_OTZ;
    uint256 private immutable FEE_OTZ;

    constructor(
        address real,
        FamilyPoolList list,
        address manager,
        address quoter,
        address realOtz,
        uint256 feeOtz
    ) AlgebraPoolFace(real, list, manager, quoter) {
        REAL_OTZ = realOtz;
        FEE_OTZ = feeOtz;
    }

    function swap(address, bool zeroToOne, int256, uint160, bytes calldata) external {
        finish(innerAt(zeroToOne ? REAL : REAL_OTZ, msg.data));
    }

    function globalState() external {
        uint256[] memory w = realSlot0();
        uint256[] memory shaped = new uint256[](8);
        (shaped[0], shaped[1], shaped[2], shaped[3], shaped[4]) = (w[0], w[1], realFee(), FEE_OTZ, w[2]);
        (shaped[5], shaped[6]) = communityFees(w[5]);
        shaped[7] = w[6];
        finish(shaped);
    }

    // One bit per tick, whatever the spacing.
    function tickTable(int16 word) external returns (uint256 bits) {
        int256 spacing = LIST.spacingOfFee(uint24(realFee()));
        int256 first = int256(word) * 256;
        int256 tick = first - (((first % spacing) + spacing) % spacing);
        if (tick < first) tick += spacing;
        for (; tick < first + 256; tick += spacing) {
            int256 index = tick / spacing;
            if ((realWord(int16(index >> 8)) >> (uint256(index) & 255)) & 1 == 1) bits |= 1 << uint256(tick - first);
        }
    }
}

// Both generations have the same manager shapes.
contract AlgebraManagerFace is V3ManagerFace {
    struct MintParams {
        address token0;
        address token1;
        int24 tickLower;
        int24 tickUpper;
        uint256 amount0Desired;
        uint256 amount1Desired;
        uint256 amount0Min;
        uint256 amount1Min;
        address recipient;
        uint256 deadline;
    }

    event IncreaseLiquidity(
        uint256 indexed tokenId,
        uint128 liquidity,
        uint128 actualLiquidity,
        uint256 amount0,
        uint256 amount1,
        address pool
    );

    constructor(address real, FamilyPoolList list) V3ManagerFace(real, list) {}

    function mint(MintParams calldata p)
        external
        payable
        returns (uint256 tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)
    {
        bytes memory answer = inner(abi.encodeCall(IV3.mint, (realParams(p))));
        (tokenId, liquidity, amount0, amount1) = abi.decode(answer, (uint256, uint128, uint256, uint256));
        emit IncreaseLiquidity(tokenId, liquidity, liquidity, amount0, amount1, LIST.poolOf(p.token0, p.token1, 0));
    }

    function increaseLiquidity(IV3.IncreaseParams calldata p)
        external
        payable
        returns (uint128 liquidity, uint256 amount0, uint256 amount1)
    {
        bytes memory answer = inner(abi.encodeCall(IV3.increaseLiquidity, (p)));
        (liquidity, amount0, amount1) = abi.decode(answer, (uint128, uint256, uint256));
        uint256[] memory w = realPosition(p.tokenId);
        address pool = LIST.poolOf(address(uint160(w[2])), address(uint160(w[3])), 0);
        emit IncreaseLiquidity(p.tokenId, liquidity, liquidity, amount0, amount1, pool);
    }

    // Eleven fields: no fee.
    function positions(uint256 tokenId) external {
        uint256[] memory w = realPosition(tokenId);
        for (uint256 i = 4; i < 11; i++) w[i] = w[i + 1];
        assembly {
            mstore(w, 11)
        }
        finish(w);
    }

    function realParams(MintParams calldata p) private view returns (IV3.MintParams memory real) {
        (real.token0, real.token1, real.fee) = (p.token0, p.token1, LIST.feeOf(p.token0, p.token1, 0));
        (real.tickLower, real.tickUpper) = (p.tickLower, p.tickUpper);
        (real.amount0Desired, real.amount1Desired) = (p.amount0Desired, p.amount1Desired);
        (real.amount0Min, real.amount1Min) = (p.amount0Min, p.amount1Min);
        (real.recipient, real.deadline) = (p.recipient, p.deadline);
    }
}

contract AlgebraRouterFace is V3RouterFace {
    struct SwapParams {
        address tokenIn;
        address tokenOut;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 limitSqrtPrice;
    }

    constructor(address real, FamilyPoolList list) V3RouterFace(real, list, 0) {}

    function exactInputSingle(SwapParams calldata p) external payable {
        uint24 fee = LIST.feeOf(p.tokenIn, p.tokenOut, 0);
        IV3.SwapParams memory real = IV3.SwapParams(
            p.tokenIn,
            p.tokenOut,
            fee,
            p.recipient,
            p.deadline,
            p.amountIn,
            p.amountOutMinimum,
            p.limitSqrtPrice
        );
        finish(inner(abi.encodeCall(IV3.exactInputSingle, (real))));
    }
}

contract AlgebraQuoterFace is V3QuoterFace {
    constructor(address real, FamilyPoolList list) V3QuoterFace(real, list, 0) {}

    function quoteExactInputSingle(address tokenIn, address tokenOut, uint256 amountIn, uint160 limitSqrtPrice)
        external
        returns (uint256 amountOut, uint16 fee)
    {
        amountOut = abi.decode(realQuote(tokenIn, tokenOut, 0, amountIn, limitSqrtPrice), (uint256));
        fee = feeOf(tokenIn, tokenOut);
    }

    function quoteExactInput(bytes calldata path, uint256 amountIn)
        external
        returns (uint256 amountOut, uint16[] memory fees)
    {
        amountOut = abi.decode(realQuotePath(path, amountIn), (uint256));
        fees = new uint16[](path.length / 20 - 1);
        for (uint256 i = 0; i < fees.length; i++) {
            address tokenIn = address(bytes20(path[i * 20:i * 20 + 20]));
            fees[i] = feeOf(tokenIn, address(bytes20(path[i * 20 + 20:i * 20 + 40])));
        }
    }

    function feeOf(address tokenIn, address tokenOut) internal view virtual returns (uint16) {
        return uint16(LIST.feeOf(tokenIn, tokenOut, 0));
    }
}

contract CamelotQuoterFace is AlgebraQuoterFace {
    constructor(address real, FamilyPoolList list) AlgebraQuoterFace(real, list) {}

    function feeOf(address tokenIn, address tokenOut) internal view override returns (uint16) {
        (, , uint16 feeZto, uint16 feeOtz, , , , ) = ICamelotPool(LIST.poolOf(tokenIn, tokenOut, 0)).globalState();
        return tokenIn < tokenOut ? feeZto : feeOtz;
    }
}
