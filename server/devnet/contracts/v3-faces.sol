// SPDX-License-Identifier: MIT
// Stand-in for what the V3-shaped families have in common: their pool list, and faces over Uniswap V3's manager, router and quoter.
pragma solidity ^0.8.24;

import {Face} from "./face.sol";

interface IV3 {
    struct MintParams {
        address token0;
        address token1;
        uint24 fee;
        int24 tickLower;
        int24 tickUpper;
        uint256 amount0Desired;
        uint256 amount1Desired;
        uint256 amount0Min;
        uint256 amount1Min;
        address recipient;
        uint256 deadline;
    }

    struct SwapParams {
        address tokenIn;
        address tokenOut;
        uint24 fee;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 sqrtPriceLimitX96;
    }

    struct PathParams {
        bytes path;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
    }

    struct QuoteParams {
        address tokenIn;
        address tokenOut;
        uint256 amountIn;
        uint24 fee;
        uint160 sqrtPriceLimitX96;
    }

    function slot0() external;
    function tickBitmap(int16 word) external;
    function observe(uint32[] calldata secondsAgos) external;
    function feeGrowthGlobal0X128() external;
    function feeGrowthGlobal1X128() external;
    function mint(MintParams calldata params) external;
    function exactInputSingle(SwapParams calldata params) external;
    function exactInput(PathParams calldata params) external;
    function quoteExactInputSingle(QuoteParams calldata params) external;
    function quoteExactInput(bytes calldata path, uint256 amountIn) external;
    function positions(uint256 tokenId) external;
    function increaseLiquidity(IncreaseParams calldata params) external;

    struct IncreaseParams {
        uint256 tokenId;
        uint256 amount0Desired;
        uint256 amount1Desired;
        uint256 amount0Min;
        uint256 amount1Min;
        uint256 deadline;
    }
}

// Pools by pair and tick spacing (0 where the pair alone names a pool), and the fee under which the real factory knows each.
contract FamilyPoolList {
    address public immutable owner;
    mapping(bytes32 => address) private pools;
    mapping(address => uint24) public feeOfPool;
    mapping(uint24 => int24) public spacingOfFee;

    constructor(address owner_) {
        owner = owner_;
    }

    function register(address token0, address token1, int24 key, int24 tickSpacing, uint24 fee, address pool) external {
        require(msg.sender == owner, "FamilyPoolList: only the owner registers pools");
        pools[keyOf(token0, token1, key)] = pool;
        feeOfPool[pool] = fee;
        spacingOfFee[fee] = tickSpacing;
    }

    function poolOf(address a, address b, int24 key) public view returns (address) {
        return pools[keyOf(a, b, key)];
    }

    function feeOf(address a, address b, int24 key) external view returns (uint24) {
        address pool = poolOf(a, b, key);
        require(pool != address(0), "no pool of these tokens and this key");
        return feeOfPool[pool];
    }

    function keyOf(address a, address b, int24 key) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b, key)) : keccak256(abi.encode(b, a, key));
    }
}

// Factory of families whose pools are named by tick spacing.
contract SpacingFactoryStandIn is FamilyPoolList {
    constructor(address owner_) FamilyPoolList(owner_) {}

    function getPool(address tokenA, address tokenB, int24 tickSpacing) external view returns (address) {
        return poolOf(tokenA, tokenB, tickSpacing);
    }
}

// Factory of families with one pool per pair.
contract PairFactoryStandIn is FamilyPoolList {
    constructor(address owner_) FamilyPoolList(owner_) {}

    function poolByPair(address tokenA, address tokenB) external view returns (address) {
        return poolOf(tokenA, tokenB, 0);
    }
}

abstract contract V3Face is Face {
    FamilyPoolList internal immutable LIST;

    constructor(address real, FamilyPoolList list) Face(real) {
        LIST = list;
    }

    function factory() external view returns (address) {
        return address(LIST);
    }
}

// A pool shows the real shapes to the family's own periphery, which is real code, and the family's to everyone else.
abstract contract V3PoolFace is V3Face {
    address private immutable MANAGER;
    address private immutable QUOTER;

    constructor(address real, FamilyPoolList list, address manager, address quoter) V3Face(real, list) {
        MANAGER = manager;
        QUOTER = quoter;
    }

    function isOwnPeriphery() internal view returns (bool) {
        return msg.sender == MANAGER || msg.sender == QUOTER;
    }

    // Words: price, tick, observation index, cardinality, next cardinality, protocol fee, unlocked.
    function realSlot0() internal returns (uint256[] memory) {
        return wordsOf(inner(abi.encodeCall(IV3.slot0, ())));
    }
}

abstract contract V3ManagerFace is V3Face {
    constructor(address real, FamilyPoolList list) V3Face(real, list) {}

    function createAndInitializePoolIfNecessary(address, address, uint24, uint160) external payable returns (address) {
        refuse();
    }

    // Words: nonce, operator, token0, token1, fee, lower, upper, liquidity, growth 0 and 1, owed 0 and 1.
    function realPosition(uint256 tokenId) internal returns (uint256[] memory) {
        return wordsOf(inner(abi.encodeCall(IV3.positions, (tokenId))));
    }
}

// Swaps by tick spacing, or by pair alone: `KEY_BYTES` of the path between two tokens.
abstract contract V3SwapFace is V3Face {
    uint256 private immutable KEY_BYTES;

    constructor(address real, FamilyPoolList list, uint256 keyBytes) V3Face(real, list) {
        KEY_BYTES = keyBytes;
    }

    // The path with the real factory's fees.
    function realPath(bytes calldata path) internal view returns (bytes memory real) {
        real = path[:20];
        uint256 stride = 20 + KEY_BYTES;
        require(path.length >= 20 + stride && (path.length - 20) % stride == 0, "path of another shape");
        for (uint256 i = 0; i + stride < path.length; i += stride) {
            address tokenOut = address(bytes20(path[i + stride:i + stride + 20]));
            int24 key = KEY_BYTES == 0 ? int24(0) : int24(uint24(bytes3(path[i + 20:i + 23])));
            uint24 fee = LIST.feeOf(address(bytes20(path[i:i + 20])), tokenOut, key);
            real = bytes.concat(real, bytes3(fee), bytes20(tokenOut));
        }
    }
}

contract V3RouterFace is V3SwapFace {
    constructor(address real, FamilyPoolList list, uint256 keyBytes) V3SwapFace(real, list, keyBytes) {}

    function exactInput(IV3.PathParams calldata params) external payable {
        IV3.PathParams memory p = IV3.PathParams(
            realPath(params.path),
            params.recipient,
            params.deadline,
            params.amountIn,
            params.amountOutMinimum
        );
        finish(inner(abi.encodeCall(IV3.exactInput, (p))));
    }

    function exactOutputSingle(IV3.SwapParams calldata) external payable {
        refuse();
    }

    function exactOutput(IV3.PathParams calldata) external payable {
        refuse();
    }
}

abstract contract V3QuoterFace is V3SwapFace {
    constructor(address real, FamilyPoolList list, uint256 keyBytes) V3SwapFace(real, list, keyBytes) {}

    function realQuote(address tokenIn, address tokenOut, int24 key, uint256 amountIn, uint160 limit)
        internal
        returns (bytes memory)
    {
        uint24 fee = LIST.feeOf(tokenIn, tokenOut, key);
        return inner(
            abi.encodeCall(IV3.quoteExactInputSingle, (IV3.QuoteParams(tokenIn, tokenOut, amountIn, fee, limit)))
        );
    }

    function realQuotePath(bytes calldata path, uint256 amountIn) internal returns (bytes memory) {
        return inner(abi.encodeCall(IV3.quoteExactInput, (realPath(path), amountIn)));
    }
}
