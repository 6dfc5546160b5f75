// SPDX-License-Identifier: MIT
// The devnet's order flow in one transaction: noise swaps first, then arbitrage that pulls each pool into its price band.
pragma solidity ^0.8.24;

interface IPool {
    function slot0() external view returns (uint160 sqrtPriceX96, int24, uint16, uint16, uint16, uint8, bool);
    function token0() external view returns (address);
    function token1() external view returns (address);
    function swap(address to, bool zeroForOne, int256 amount, uint160 limit, bytes calldata data)
        external
        returns (int256, int256);
}

interface IToken {
    function transfer(address to, uint256 value) external returns (bool);
}

contract MarketMaker {
    struct Order {
        address pool;
        bool zeroForOne;
        uint256 amountIn;
    }

    struct Pull {
        address pool;
        uint160 lower;
        uint160 upper;
    }

    uint160 private constant MIN_LIMIT = 4295128740;
    uint160 private constant MAX_LIMIT = 1461446703485210103287273052203988822378723970341;
    address public immutable keeper;
    address private active;

    constructor(address keeper_) {
        keeper = keeper_;
    }

    function step(Order[] calldata orders, Pull[] calldata pulls) external {
        require(msg.sender == keeper, "MarketMaker: only the keeper trades");
        for (uint256 i = 0; i < orders.length; i++) {
            Order calldata o = orders[i];
            trade(o.pool, o.zeroForOne, int256(o.amountIn), o.zeroForOne ? MIN_LIMIT : MAX_LIMIT);
        }
        for (uint256 i = 0; i < pulls.length; i++) {
            Pull calldata p = pulls[i];
            (uint160 sqrtPrice, , , , , , ) = IPool(p.pool).slot0();
            if (sqrtPrice < p.lower) trade(p.pool, false, type(int256).max, p.lower);
            else if (sqrtPrice > p.upper) trade(p.pool, true, type(int256).max, p.upper);
        }
    }

    function trade(address pool, bool zeroForOne, int256 amount, uint160 limit) private {
        active = pool;
        IPool(pool).swap(address(this), zeroForOne, amount, limit, "");
        active = address(0);
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata) external {
        require(msg.sender == active, "MarketMaker: callback from a pool that is not trading");
        if (amount0 > 0) IToken(IPool(msg.sender).token0()).transfer(msg.sender, uint256(amount0));
        if (amount1 > 0) IToken(IPool(msg.sender).token1()).transfer(msg.sender, uint256(amount1));
    }
}
