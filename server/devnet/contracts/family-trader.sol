// SPDX-License-Identifier: MIT
// The devnet's order flow over every AMM family in one transaction: noise orders first, then arbitrage that pulls prices into bands.
pragma solidity ^0.8.24;

import {FullMath} from "@uniswap/v4-core/src/libraries/FullMath.sol";

interface ITraded {
    function slot0() external view returns (uint160 sqrtPriceX96);
    function globalState() external view returns (uint160 sqrtPriceX96);
    function token0() external view returns (address);
    function token1() external view returns (address);
    function swap(address to, bool zeroForOne, int256 amount, uint160 limit, bytes calldata data)
        external
        returns (int256, int256);
}

interface ISingleton {
    struct Key {
        address currency0;
        address currency1;
        uint24 fee;
        int24 tickSpacing;
        address hooks;
    }

    struct SwapParams {
        bool zeroForOne;
        int256 amountSpecified;
        uint160 sqrtPriceLimitX96;
    }

    function unlock(bytes calldata data) external returns (bytes memory);
    function swap(Key memory key, SwapParams memory params, bytes calldata hookData) external returns (int256 delta);
    function sync(address currency) external;
    function settle() external payable returns (uint256);
    function take(address currency, address to, uint256 amount) external;
    function extsload(bytes32 slot) external view returns (bytes32);
}

interface IBinPair {
    function swap(bool swapForY, address to) external;
    function getActiveId() external view returns (uint24);
    function getReservesAndId() external view returns (uint256, uint256, uint256);
    function getBin(uint24 id) external view returns (uint256 reserveX, uint256 reserveY);
    function getTokenX() external view returns (address);
    function getTokenY() external view returns (address);
    function tokenX() external view returns (address);
    function tokenY() external view returns (address);
}

interface IBinRouter {
    function getPriceFromId(address pair, uint24 id) external view returns (uint256 price128);
    function getSwapIn(address pair, uint128 amountOut, bool swapForY) external view returns (uint128 amountIn);
}

interface ILegacyBinRouter {
    function getSwapIn(address pair, uint256 amountOut, bool swapForY) external view returns (uint256 amountIn);
}

interface IMoney {
    function balanceOf(address owner) external view returns (uint256);
    function transfer(address to, uint256 value) external returns (bool);
}

contract FamilyTrader {
    // `sqrtLimitX96` 0: any price. `key`: empty for v3 and algebra, abi.encode(V4 pool key) for v4 and infinity,
    // abi.encode(address router, bool isGeneration20) for Liquidity Book.
    struct Order {
        uint8 kind;
        address target;
        bytes key;
        bool zeroForOne;
        uint256 amountIn;
        uint160 sqrtLimitX96;
    }

    struct Pull {
        uint8 kind;
        address target;
        bytes key;
        uint160 lowerX96;
        uint160 upperX96;
    }

    uint8 private constant V3 = 0;
    uint8 private constant ALGEBRA = 1;
    uint8 private constant V4 = 2;
    uint8 private constant INFINITY = 3;
    uint8 private constant BINS = 4;
    uint160 private constant MIN_LIMIT = 4295128740;
    uint160 private constant MAX_LIMIT = 1461446703485210103287273052203988822378723970341;
    // Bins one order or pull may cross.
    uint256 private constant MAX_BINS = 400;

    address public immutable keeper;
    address private active;

    event OrderFailed(uint256 indexed index, bytes reason);
    event PullFailed(uint256 indexed index, bytes reason);

    error UnknownKind(uint8 kind);
    error CallbackNotExpected(address from);
    error TooManyBins(uint24 from, uint256 limitX96);

    modifier onlyActive() {
        if (msg.sender != active) revert CallbackNotExpected(msg.sender);
        _;
    }

    modifier onlySelf() {
        require(msg.sender == address(this), "FamilyTrader: only itself");
        _;
    }

    constructor(address keeper_) {
        keeper = keeper_;
    }

    function step(Order[] calldata orders, Pull[] calldata pulls) external {
        require(msg.sender == keeper, "FamilyTrader: only the keeper trades");
        for (uint256 i = 0; i < orders.length; i++) {
            try this.runOrder(orders[i]) {} catch (bytes memory reason) {
                emit OrderFailed(i, reason);
            }
        }
        for (uint256 i = 0; i < pulls.length; i++) {
            try this.runPull(pulls[i]) {} catch (bytes memory reason) {
                emit PullFailed(i, reason);
            }
        }
    }

    function runOrder(Order calldata o) external onlySelf {
        trade(o.kind, o.target, o.key, o.zeroForOne, o.amountIn, o.sqrtLimitX96);
    }

    function runPull(Pull calldata p) external onlySelf {
        uint160 price = sqrtPriceOf(p.kind, p.target, p.key);
        if (price < p.lowerX96) trade(p.kind, p.target, p.key, false, uint256(uint128(type(int128).max)), p.lowerX96);
        else if (price > p.upperX96) trade(p.kind, p.target, p.key, true, uint256(uint128(type(int128).max)), p.upperX96);
    }

    // Square root of raw token1 per raw token0, whatever the family; bins round down.
    function sqrtPriceOf(uint8 kind, address target, bytes calldata key) public view returns (uint160) {
        if (kind == V3) return ITraded(target).slot0();
        if (kind == ALGEBRA) return ITraded(target).globalState();
        if (kind == V4 || kind == INFINITY) {
            bytes32 slot = keccak256(abi.encode(keccak256(key), uint256(6)));
            return uint160(uint256(ISingleton(target).extsload(slot)));
        }
        if (kind != BINS) revert UnknownKind(kind);
        (address router, bool isLegacy) = abi.decode(key, (address, bool));
        return uint160(sqrt(IBinRouter(router).getPriceFromId(target, activeId(target, isLegacy))) << 32);
    }

    function trade(uint8 kind, address target, bytes calldata key, bool zeroForOne, uint256 amountIn, uint160 limit)
        private
    {
        if (kind == BINS) return tradeBins(target, key, zeroForOne, amountIn, limit);
        if (limit == 0) limit = zeroForOne ? MIN_LIMIT : MAX_LIMIT;
        active = target;
        if (kind == V3 || kind == ALGEBRA) ITraded(target).swap(address(this), zeroForOne, int256(amountIn), limit, "");
        else if (kind == V4 || kind == INFINITY) {
            ISingleton(target).unlock(abi.encode(key, ISingleton.SwapParams(zeroForOne, -int256(amountIn), limit)));
        } else revert UnknownKind(kind);
        active = address(0);
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata) external onlyActive {
        payPool(amount0, amount1);
    }

    function pancakeV3SwapCallback(int256 amount0, int256 amount1, bytes calldata) external onlyActive {
        payPool(amount0, amount1);
    }

    function algebraSwapCallback(int256 amount0, int256 amount1, bytes calldata) external onlyActive {
        payPool(amount0, amount1);
    }

    function payPool(int256 amount0, int256 amount1) private {
        if (amount0 > 0) IMoney(ITraded(msg.sender).token0()).transfer(msg.sender, uint256(amount0));
        if (amount1 > 0) IMoney(ITraded(msg.sender).token1()).transfer(msg.sender, uint256(amount1));
    }

    function unlockCallback(bytes calldata data) external onlyActive returns (bytes memory) {
        (bytes memory encodedKey, ISingleton.SwapParams memory params) = abi.decode(data, (bytes, ISingleton.SwapParams));
        ISingleton.Key memory key = abi.decode(encodedKey, (ISingleton.Key));
        int256 delta = ISingleton(msg.sender).swap(key, params, "");
        settle(key.currency0, int128(delta >> 128));
        settle(key.currency1, int128(delta));
        return "";
    }

    function settle(address currency, int128 amount) private {
        if (amount > 0) {
            ISingleton(msg.sender).take(currency, address(this), uint128(amount));
        } else if (amount < 0) {
            ISingleton(msg.sender).sync(currency);
            IMoney(currency).transfer(msg.sender, uint256(-int256(amount)));
            ISingleton(msg.sender).settle();
        }
    }

    function tradeBins(address pair, bytes calldata key, bool swapForY, uint256 amountIn, uint160 limit) private {
        (address router, bool isLegacy) = abi.decode(key, (address, bool));
        if (limit != 0) {
            uint256 needed = amountInTo(pair, router, isLegacy, swapForY, limit);
            if (needed < amountIn) amountIn = needed;
        }
        if (amountIn == 0) return;
        address token = swapForY
            ? (isLegacy ? IBinPair(pair).tokenX() : IBinPair(pair).getTokenX())
            : (isLegacy ? IBinPair(pair).tokenY() : IBinPair(pair).getTokenY());
        IMoney(token).transfer(pair, amountIn);
        IBinPair(pair).swap(swapForY, address(this));
    }

    // What must go in to empty every bin up to the first one whose price is at or past the limit, and to take one unit of that one.
    function amountInTo(address pair, address router, bool isLegacy, bool swapForY, uint160 limit)
        private
        view
        returns (uint256)
    {
        uint256 limit128 = FullMath.mulDiv(limit, limit, 1 << 64);
        uint24 id = activeId(pair, isLegacy);
        uint256 amountOut;
        for (uint256 i = 0; ; i++) {
            if (i == MAX_BINS) revert TooManyBins(id, limit);
            uint256 price = IBinRouter(router).getPriceFromId(pair, id);
            if (swapForY ? price <= limit128 : price >= limit128) break;
            (uint256 x, uint256 y) = IBinPair(pair).getBin(id);
            amountOut += swapForY ? y : x;
            id = swapForY ? id - 1 : id + 1;
        }
        if (id == activeId(pair, isLegacy)) return 0;
        return isLegacy
            ? ILegacyBinRouter(router).getSwapIn(pair, amountOut + 1, swapForY)
            : IBinRouter(router).getSwapIn(pair, uint128(amountOut + 1), swapForY);
    }

    function activeId(address pair, bool isLegacy) private view returns (uint24) {
        if (!isLegacy) return IBinPair(pair).getActiveId();
        (, , uint256 id) = IBinPair(pair).getReservesAndId();
        return uint24(id);
    }

    function sqrt(uint256 x) private pure returns (uint256 root) {
        root = x;
        uint256 next = (x + 1) / 2;
        while (next < root) {
            root = next;
            next = (x / next + next) / 2;
        }
    }
}
