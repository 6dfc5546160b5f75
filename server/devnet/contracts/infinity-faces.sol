// SPDX-License-Identifier: MIT
// Stand-in for PancakeSwap Infinity's concentrated liquidity: faces over Uniswap V4's published PoolManager and PositionManager. No vault of its own.
pragma solidity ^0.8.24;

import {Face} from "./face.sol";

struct V4Key {
    address currency0;
    address currency1;
    uint24 fee;
    int24 tickSpacing;
    address hooks;
}

struct InfinityKey {
    address currency0;
    address currency1;
    address hooks;
    address poolManager;
    uint24 fee;
    bytes32 parameters;
}

interface IV4Manager {
    function initialize(V4Key calldata key, uint160 sqrtPriceX96) external;
}

interface IV4Positions {
    function modifyLiquidities(bytes calldata unlockData, uint256 deadline) external payable;
    function getPoolAndPositionInfo(uint256 tokenId) external;
    function nextTokenId() external;
    function subscriber(uint256 tokenId) external;
}

library InfinityKeys {
    function spacingOf(bytes32 parameters) internal pure returns (int24) {
        return int24(uint24(uint256(parameters) >> 16));
    }

    function idOf(V4Key memory key, address poolManager) internal pure returns (bytes32) {
        return keccak256(abi.encode(keyOf(key, poolManager)));
    }

    function keyOf(V4Key memory key, address poolManager) internal pure returns (InfinityKey memory) {
        bytes32 parameters = bytes32(uint256(uint24(key.tickSpacing)) << 16);
        return InfinityKey(key.currency0, key.currency1, key.hooks, poolManager, key.fee, parameters);
    }
}

contract InfinityPoolManagerFace is Face {
    struct ModifyParams {
        int24 tickLower;
        int24 tickUpper;
        int256 liquidityDelta;
        bytes32 salt;
    }

    struct SwapParams {
        bool zeroForOne;
        int256 amountSpecified;
        uint160 sqrtPriceLimitX96;
    }

    struct TickInfo {
        uint128 liquidityGross;
        int128 liquidityNet;
        uint256 feeGrowthOutside0X128;
        uint256 feeGrowthOutside1X128;
    }

    struct Position {
        uint128 liquidity;
        uint256 feeGrowthInside0LastX128;
        uint256 feeGrowthInside1LastX128;
    }

    struct Slot0 {
        uint160 sqrtPriceX96;
        int24 tick;
        uint24 protocolFee;
        uint24 lpFee;
    }

    // The real code's mapping of pools; a state's parts follow its slot.
    uint256 private constant POOLS_SLOT = 6;
    bytes32 private constant KEYS_SLOT = keccak256("stand-in: keys by Infinity pool id");
    address private immutable POSITIONS;

    error PoolNotFound(bytes32 id);
    error HooksNotSupported();

    event Initialize(
        bytes32 indexed id,
        address indexed currency0,
        address indexed currency1,
        address hooks,
        uint24 fee,
        bytes32 parameters,
        uint160 sqrtPriceX96,
        int24 tick
    );
    event ModifyLiquidity(
        bytes32 indexed id,
        address indexed sender,
        int24 tickLower,
        int24 tickUpper,
        int256 liquidityDelta,
        bytes32 salt
    );
    event Swap(
        bytes32 indexed id,
        address indexed sender,
        int128 amount0,
        int128 amount1,
        uint160 sqrtPriceX96,
        uint128 liquidity,
        int24 tick,
        uint24 fee,
        uint16 protocolFee
    );

    constructor(address real, address positions) Face(real) {
        POSITIONS = positions;
    }

    function initialize(InfinityKey calldata key, uint160 sqrtPriceX96) external returns (int24 tick) {
        V4Key memory v4 = V4Key(
            key.currency0,
            key.currency1,
            key.fee,
            InfinityKeys.spacingOf(key.parameters),
            key.hooks
        );
        if (key.hooks != address(0) || key.poolManager != address(this)) revert HooksNotSupported();
        bytes32 id = keccak256(abi.encode(key));
        if (id != InfinityKeys.idOf(v4, address(this))) revert HooksNotSupported();
        inner(abi.encodeCall(IV4Manager.initialize, (v4, sqrtPriceX96)));
        keys()[id] = v4;
        tick = slot0Of(stateOf(id)).tick;
        emit Initialize(
            id,
            key.currency0,
            key.currency1,
            key.hooks,
            key.fee,
            key.parameters,
            sqrtPriceX96,
            tick
        );
    }

    function initialize(V4Key calldata, uint160) external pure {
        refuse();
    }

    // Reached by the position manager below its face, in the real shape.
    function modifyLiquidity(V4Key calldata key, ModifyParams calldata p, bytes calldata) external {
        bytes memory answer = inner(msg.data);
        (, int256 feesAccrued) = abi.decode(answer, (int256, int256));
        bytes32 id = InfinityKeys.idOf(key, address(this));
        emit ModifyLiquidity(id, msg.sender, p.tickLower, p.tickUpper, p.liquidityDelta, p.salt);
        if (msg.sender == POSITIONS) {
            InfinityPositionManagerFace(payable(POSITIONS)).noteModified(uint256(p.salt), p.liquidityDelta, feesAccrued);
        }
        finish(answer);
    }

    function swap(V4Key calldata key, SwapParams calldata, bytes calldata) external {
        bytes memory answer = inner(msg.data);
        int256 delta = abi.decode(answer, (int256));
        bytes32 id = InfinityKeys.idOf(key, address(this));
        bytes32 state = stateOf(id);
        Slot0 memory s = slot0Of(state);
        emit Swap(
            id,
            msg.sender,
            int128(delta >> 128),
            int128(delta),
            s.sqrtPriceX96,
            uint128(read(state, 3)),
            s.tick,
            s.lpFee,
            uint16(s.protocolFee)
        );
        finish(answer);
    }

    function vault() external view returns (address) {
        return address(this);
    }

    function poolIdToPoolKey(bytes32 id) external view returns (address, address, address, address, uint24, bytes32) {
        InfinityKey memory k = InfinityKeys.keyOf(keys()[id], address(this));
        if (k.currency1 == address(0)) return (address(0), address(0), address(0), address(0), 0, 0);
        return (k.currency0, k.currency1, k.hooks, k.poolManager, k.fee, k.parameters);
    }

    function getSlot0(bytes32 id) external view returns (uint160, int24, uint24, uint24) {
        Slot0 memory s = slot0Of(stateOf(id));
        return (s.sqrtPriceX96, s.tick, s.protocolFee, s.lpFee);
    }

    function getLiquidity(bytes32 id) external view returns (uint128) {
        return uint128(read(stateOf(id), 3));
    }

    function getLiquidity(bytes32 id, address owner, int24 tickLower, int24 tickUpper, bytes32 salt)
        external
        view
        returns (uint128)
    {
        return positionOf(id, owner, tickLower, tickUpper, salt).liquidity;
    }

    function getPosition(bytes32 id, address owner, int24 tickLower, int24 tickUpper, bytes32 salt)
        external
        view
        returns (Position memory)
    {
        return positionOf(id, owner, tickLower, tickUpper, salt);
    }

    function getFeeGrowthGlobals(bytes32 id) external view returns (uint256, uint256) {
        bytes32 state = stateOf(id);
        return (read(state, 1), read(state, 2));
    }

    function getPoolTickInfo(bytes32 id, int24 tick) external view returns (TickInfo memory info) {
        bytes32 slot = keccak256(abi.encode(int256(tick), offset(stateOf(id), 4)));
        uint256 packed = read(slot, 0);
        info.liquidityGross = uint128(packed);
        info.liquidityNet = int128(uint128(packed >> 128));
        info.feeGrowthOutside0X128 = read(slot, 1);
        info.feeGrowthOutside1X128 = read(slot, 2);
    }

    function getPoolBitmapInfo(bytes32 id, int16 word) external view returns (uint256) {
        return read(keccak256(abi.encode(int256(word), offset(stateOf(id), 5))), 0);
    }

    function positionOf(bytes32 id, address owner, int24 tickLower, int24 tickUpper, bytes32 salt)
        private
        view
        returns (Position memory p)
    {
        bytes32 key = keccak256(abi.encodePacked(owner, tickLower, tickUpper, salt));
        bytes32 slot = keccak256(abi.encode(key, offset(stateOf(id), 6)));
        p.liquidity = uint128(read(slot, 0));
        p.feeGrowthInside0LastX128 = read(slot, 1);
        p.feeGrowthInside1LastX128 = read(slot, 2);
    }

    function keys() private pure returns (mapping(bytes32 => V4Key) storage stored) {
        bytes32 slot = KEYS_SLOT;
        assembly {
            stored.slot := slot
        }
    }

    // Where the real code keeps this pool.
    function stateOf(bytes32 id) private view returns (bytes32) {
        V4Key memory key = keys()[id];
        if (key.currency1 == address(0)) revert PoolNotFound(id);
        return keccak256(abi.encode(keccak256(abi.encode(key)), POOLS_SLOT));
    }

    function slot0Of(bytes32 state) private view returns (Slot0 memory) {
        uint256 packed = read(state, 0);
        return
            Slot0(uint160(packed), int24(uint24(packed >> 160)), uint24(packed >> 184), uint24(packed >> 208));
    }

    function offset(bytes32 slot, uint256 by) private pure returns (uint256) {
        return uint256(slot) + by;
    }

    function read(bytes32 slot, uint256 by) private view returns (uint256 value) {
        assembly {
            value := sload(add(slot, by))
        }
    }
}

contract InfinityPositionManagerFace is Face {
    struct PositionConfig {
        InfinityKey poolKey;
        int24 tickLower;
        int24 tickUpper;
    }

    uint8 private constant MINT_POSITION = 0x02;
    uint8 private constant MINT_FROM_DELTAS = 0x05;
    InfinityPoolManagerFace private immutable POOLS;

    error InvalidTokenID();

    event MintPosition(uint256 indexed tokenId);
    event ModifyLiquidity(uint256 indexed tokenId, int256 liquidityChange, int256 feesAccrued);

    constructor(address real, InfinityPoolManagerFace pools) Face(real) {
        POOLS = pools;
    }

    function modifyLiquidities(bytes calldata payload, uint256 deadline) external payable {
        (bytes memory actions, bytes[] memory params) = abi.decode(payload, (bytes, bytes[]));
        for (uint256 i = 0; i < actions.length; i++) {
            if (uint8(actions[i]) == MINT_FROM_DELTAS) refuse();
            if (uint8(actions[i]) == MINT_POSITION) params[i] = realMint(params[i]);
        }
        uint256 first = nextId();
        inner(abi.encodeCall(IV4Positions.modifyLiquidities, (abi.encode(actions, params), deadline)));
        for (uint256 id = first; id < nextId(); id++) emit MintPosition(id);
    }

    function modifyLiquiditiesWithoutUnlock(bytes calldata, bytes[] calldata) external payable {
        refuse();
    }

    // The pool manager's face tells what a change of a token's liquidity paid in fees.
    function noteModified(uint256 tokenId, int256 liquidityChange, int256 feesAccrued) external {
        require(msg.sender == address(POOLS), "only the pool manager");
        emit ModifyLiquidity(tokenId, liquidityChange, feesAccrued);
    }

    function clPoolManager() external view returns (address) {
        return address(POOLS);
    }

    function vault() external view returns (address) {
        return address(POOLS);
    }

    function poolManager() external pure {
        refuse();
    }

    function getPoolAndPositionInfo(uint256) external pure {
        refuse();
    }

    // Twelve words: the six of the key, ticks, liquidity, fee growth, subscriber.
    function positions(uint256 tokenId) external {
        uint256[] memory w = wordsOf(inner(abi.encodeCall(IV4Positions.getPoolAndPositionInfo, (tokenId))));
        uint256 info = w[5];
        if (info == 0) revert InvalidTokenID();
        V4Key memory v4 = V4Key(address(uint160(w[0])), address(uint160(w[1])), uint24(w[2]), int24(int256(w[3])), address(uint160(w[4])));
        (int24 lower, int24 upper) = (int24(uint24(info >> 8)), int24(uint24(info >> 32)));
        InfinityPoolManagerFace.Position memory p = POOLS.getPosition(
            InfinityKeys.idOf(v4, address(POOLS)),
            address(this),
            lower,
            upper,
            bytes32(tokenId)
        );
        uint256[] memory shaped = new uint256[](12);
        fillKey(shaped, v4);
        shaped[6] = uint256(int256(lower));
        shaped[7] = uint256(int256(upper));
        shaped[8] = p.liquidity;
        shaped[9] = p.feeGrowthInside0LastX128;
        shaped[10] = p.feeGrowthInside1LastX128;
        shaped[11] = wordsOf(inner(abi.encodeCall(IV4Positions.subscriber, (tokenId))))[0];
        finish(shaped);
    }

    function fillKey(uint256[] memory words, V4Key memory v4) private view {
        InfinityKey memory k = InfinityKeys.keyOf(v4, address(POOLS));
        words[0] = uint160(k.currency0);
        words[1] = uint160(k.currency1);
        words[2] = uint160(k.hooks);
        words[3] = uint160(k.poolManager);
        words[4] = k.fee;
        words[5] = uint256(k.parameters);
    }

    function realMint(bytes memory params) private view returns (bytes memory) {
        (
            PositionConfig memory config,
            uint256 liquidity,
            uint128 amount0Max,
            uint128 amount1Max,
            address owner,
            bytes memory hookData
        ) = abi.decode(params, (PositionConfig, uint256, uint128, uint128, address, bytes));
        require(config.poolKey.poolManager == address(POOLS), "a key of another pool manager");
        V4Key memory key = V4Key(
            config.poolKey.currency0,
            config.poolKey.currency1,
            config.poolKey.fee,
            InfinityKeys.spacingOf(config.poolKey.parameters),
            config.poolKey.hooks
        );
        return
            abi.encode(key, config.tickLower, config.tickUpper, liquidity, amount0Max, amount1Max, owner, hookData);
    }

    function nextId() private returns (uint256) {
        return abi.decode(inner(abi.encodeCall(IV4Positions.nextTokenId, ())), (uint256));
    }
}
