// SPDX-License-Identifier: MIT
// Acts on a V3 pool for tests: many swaps, mints, burns and collects per transaction, and the pool's own tick of any price.
pragma solidity ^0.8.24;

interface IDrivenPool {
    function token0() external view returns (address);
    function token1() external view returns (address);
    function initialize(uint160 sqrtPriceX96) external;
    function swap(address to, bool zeroForOne, int256 amount, uint160 limit, bytes calldata data)
        external
        returns (int256, int256);
    function mint(address owner, int24 lower, int24 upper, uint128 amount, bytes calldata data)
        external
        returns (uint256, uint256);
    function burn(int24 lower, int24 upper, uint128 amount) external returns (uint256, uint256);
    function collect(address to, int24 lower, int24 upper, uint128 most0, uint128 most1)
        external
        returns (uint128, uint128);
}

interface IPaidToken {
    function transfer(address to, uint256 value) external returns (bool);
}

contract PoolDriver {
    struct Action {
        // 0: sell token0, 1: sell token1, 2: mint, 3: burn, 4: collect all.
        uint8 kind;
        int24 lower;
        int24 upper;
        int256 amount;
        uint160 limit;
    }

    function run(address pool, Action[] calldata actions) external {
        for (uint256 i = 0; i < actions.length; i++) {
            Action calldata a = actions[i];
            if (a.kind < 2) IDrivenPool(pool).swap(address(this), a.kind == 0, a.amount, a.limit, "");
            else if (a.kind == 2) IDrivenPool(pool).mint(address(this), a.lower, a.upper, uint128(uint256(a.amount)), "");
            else if (a.kind == 3) IDrivenPool(pool).burn(a.lower, a.upper, uint128(uint256(a.amount)));
            else IDrivenPool(pool).collect(address(this), a.lower, a.upper, type(uint128).max, type(uint128).max);
        }
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata) external {
        if (amount0 > 0) IPaidToken(IDrivenPool(msg.sender).token0()).transfer(msg.sender, uint256(amount0));
        if (amount1 > 0) IPaidToken(IDrivenPool(msg.sender).token1()).transfer(msg.sender, uint256(amount1));
    }

    function uniswapV3MintCallback(uint256 amount0, uint256 amount1, bytes calldata) external {
        if (amount0 > 0) IPaidToken(IDrivenPool(msg.sender).token0()).transfer(msg.sender, amount0);
        if (amount1 > 0) IPaidToken(IDrivenPool(msg.sender).token1()).transfer(msg.sender, amount1);
    }
}

// Runs the deployed pool's own `initialize` on this contract's storage, where slot 0 is then the pool's slot0: price in the low
// 160 bits, tick in the next 24. That is TickMath.getTickAtSqrtRatio of the very bytecode, thousands of times in one call.
contract TickProbe {
    int24 private constant REFUSED = type(int24).min;

    function ticksOf(address pool, uint160[] calldata prices) external returns (int24[] memory ticks) {
        ticks = new int24[](prices.length);
        for (uint256 i = 0; i < prices.length; i++) {
            assembly {
                sstore(0, 0)
            }
            (bool done, ) = pool.delegatecall(abi.encodeCall(IDrivenPool.initialize, (prices[i])));
            uint256 slot;
            assembly {
                slot := sload(0)
            }
            require(!done || uint160(slot) == prices[i], "TickProbe: slot 0 is not the pool's slot0");
            ticks[i] = done ? int24(uint24(slot >> 160)) : REFUSED;
        }
    }
}
