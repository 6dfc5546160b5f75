// SPDX-License-Identifier: MIT
// Stand-in for Liquidity Book, part 1: prices, fees and volatility of bins by the published formulas, shares of bins, the list of pairs.
pragma solidity ^0.8.24;

import {FullMath} from "@uniswap/v4-core/src/libraries/FullMath.sol";

interface IBinToken {
    function balanceOf(address owner) external view returns (uint256);
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

struct FeeSetup {
    uint16 binStep;
    uint16 baseFactor;
    uint16 filterPeriod;
    uint16 decayPeriod;
    uint16 reductionFactor;
    uint24 variableFeeControl;
    uint16 protocolShare;
    uint24 maxVolatility;
    uint24 volatility;
    uint24 volatilityReference;
    uint24 idReference;
    uint40 time;
}

struct BinTrade {
    uint256 intoBin;
    uint256 outOfBin;
    uint256 fee;
}

library BinMaths {
    uint256 internal constant SCALE = 1 << 128;
    uint256 internal constant ONE = 1e18;
    int256 internal constant CENTRE = 1 << 23;

    error PriceOutOfRange(uint24 id);

    // (1 + step)^(id - 2^23) in 128.128: squares of the base's inverse, turned over for ids above the centre.
    function priceOf(uint24 id, uint256 binStep) internal pure returns (uint256 price) {
        int256 exponent = int256(uint256(id)) - CENTRE;
        if (exponent == 0) return SCALE;
        uint256 rest = uint256(exponent < 0 ? -exponent : exponent);
        if (rest >= 0x100000) revert PriceOutOfRange(id);
        unchecked {
            uint256 square = type(uint256).max / (SCALE + (binStep << 128) / 10_000);
            price = SCALE;
            for (; rest > 0; rest >>= 1) {
                if (rest & 1 == 1) price = (price * square) >> 128;
                square = (square * square) >> 128;
            }
        }
        if (price == 0) revert PriceOutOfRange(id);
        if (exponent > 0) price = type(uint256).max / price;
    }

    function shifted(uint256 x, uint256 price, bool roundsUp) internal pure returns (uint256) {
        return roundsUp ? FullMath.mulDivRoundingUp(x, price, SCALE) : FullMath.mulDiv(x, price, SCALE);
    }

    function unshifted(uint256 y, uint256 price, bool roundsUp) internal pure returns (uint256) {
        return roundsUp ? FullMath.mulDivRoundingUp(y, SCALE, price) : FullMath.mulDiv(y, SCALE, price);
    }

    // Parts of 1e18.
    function totalFee(FeeSetup memory f) internal pure returns (uint256) {
        uint256 product = uint256(f.volatility) * f.binStep;
        return uint256(f.baseFactor) * f.binStep * 1e10 + (product * product * f.variableFeeControl + 99) / 100;
    }

    // Fee on top of an amount, fee inside an amount, and fee of the swap hidden in a deposit of another composition.
    function feeOn(uint256 amount, uint256 fee) internal pure returns (uint256) {
        return (amount * fee + ONE - fee - 1) / (ONE - fee);
    }

    function feeIn(uint256 amount, uint256 fee) internal pure returns (uint256) {
        return (amount * fee + ONE - 1) / ONE;
    }

    function compositionFee(uint256 amount, uint256 fee) internal pure returns (uint256) {
        return (amount * fee * (fee + ONE)) / (ONE * ONE);
    }

    // What happens at the start of a swap or a deposit into the active bin.
    function updateReferences(FeeSetup memory f, uint24 activeId, uint256 time) internal pure {
        uint256 passed = time - f.time;
        if (passed >= f.filterPeriod) {
            f.idReference = activeId;
            f.volatilityReference = passed < f.decayPeriod
                ? uint24((uint256(f.volatility) * f.reductionFactor) / 10_000)
                : 0;
        }
        f.time = uint40(time);
    }

    function updateVolatility(FeeSetup memory f, uint24 activeId) internal pure {
        uint256 distance = activeId > f.idReference ? activeId - f.idReference : f.idReference - activeId;
        uint256 volatility = f.volatilityReference + distance * 10_000;
        f.volatility = volatility > f.maxVolatility ? f.maxVolatility : uint24(volatility);
    }

    // What one bin takes of `amountIn` (fee included) and gives.
    function tradeOf(uint256 reserveOut, uint256 price, bool swapForY, uint256 amountIn, uint256 fee)
        internal
        pure
        returns (BinTrade memory t)
    {
        uint256 most = swapForY ? unshifted(reserveOut, price, true) : shifted(reserveOut, price, true);
        uint256 mostFee = feeOn(most, fee);
        if (amountIn >= most + mostFee) return BinTrade(most, reserveOut, mostFee);
        t.fee = feeIn(amountIn, fee);
        t.intoBin = amountIn - t.fee;
        t.outOfBin = swapForY ? shifted(t.intoBin, price, false) : unshifted(t.intoBin, price, false);
        if (t.outOfBin > reserveOut) t.outOfBin = reserveOut;
    }

    // What one bin must be given, without and with its fee, for `amountOut`.
    function cost(uint256 amountOut, uint256 price, bool swapForY, uint256 fee)
        internal
        pure
        returns (uint256 net, uint256 added)
    {
        net = swapForY ? unshifted(amountOut, price, true) : shifted(amountOut, price, true);
        added = feeOn(net, fee);
    }
}

// Shares of bins by account: no allowance by amount, only operators of everything.
abstract contract BinShares {
    mapping(uint256 => mapping(address => uint256)) internal balances;
    mapping(uint256 => uint256) internal supplies;
    mapping(address => mapping(address => bool)) internal operators;
    // Bins outside these never had liquidity.
    uint24 internal lowestId = type(uint24).max;
    uint24 internal highestId;

    event TransferBatch(
        address indexed sender,
        address indexed from,
        address indexed to,
        uint256[] ids,
        uint256[] amounts
    );
    event ApprovalForAll(address indexed account, address indexed sender, bool approved);

    error NotApproved(address from, address spender);
    error BalanceTooSmall(address from, uint256 id, uint256 amount);
    error OutOfLiquidity();
    error WrongLengths();

    function name() external pure returns (string memory) {
        return "Liquidity Book Token (stand-in)";
    }

    function symbol() external pure returns (string memory) {
        return "LBT";
    }

    function balanceOf(address account, uint256 id) public view returns (uint256) {
        return balances[id][account];
    }

    function balanceOfBatch(address[] calldata accounts, uint256[] calldata ids)
        external
        view
        returns (uint256[] memory found)
    {
        if (accounts.length != ids.length) revert WrongLengths();
        found = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; i++) found[i] = balances[ids[i]][accounts[i]];
    }

    function totalSupply(uint256 id) public view returns (uint256) {
        return supplies[id];
    }

    function isApprovedForAll(address owner, address spender) public view returns (bool) {
        return owner == spender || operators[owner][spender];
    }

    function setOperator(address spender, bool approved) internal {
        if (spender == msg.sender) revert NotApproved(msg.sender, spender);
        operators[msg.sender][spender] = approved;
        emit ApprovalForAll(msg.sender, spender, approved);
    }

    function requireOperator(address from) internal view {
        if (!isApprovedForAll(from, msg.sender)) revert NotApproved(from, msg.sender);
    }

    function moveShares(address from, address to, uint256 id, uint256 amount) internal virtual {
        if (from == address(0)) {
            supplies[id] += amount;
            if (id < lowestId) lowestId = uint24(id);
            if (id > highestId) highestId = uint24(id);
        } else {
            if (balances[id][from] < amount) revert BalanceTooSmall(from, id, amount);
            balances[id][from] -= amount;
        }
        if (to == address(0)) supplies[id] -= amount;
        else balances[id][to] += amount;
    }

    // The next bin with something to sell; scans, where the real contracts have a tree.
    function nextBin(uint24 id, bool swapForY) internal view returns (uint24) {
        while (true) {
            if (swapForY ? id <= lowestId : id >= highestId) revert OutOfLiquidity();
            id = swapForY ? id - 1 : id + 1;
            if (reserveOutOf(id, swapForY) > 0) return id;
        }
        return id;
    }

    function reserveOutOf(uint24 id, bool swapForY) internal view virtual returns (uint256);
}

contract BinFactoryStandIn {
    struct LBPairInformation {
        uint16 binStep;
        address LBPair;
        bool createdByOwner;
        bool ignoredForRouting;
    }

    address public immutable owner;
    address[] private pairs;
    mapping(bytes32 => LBPairInformation) private listed;

    event LBPairCreated(
        address indexed tokenX,
        address indexed tokenY,
        uint256 indexed binStep,
        address LBPair,
        uint256 pid
    );

    constructor(address owner_) {
        owner = owner_;
    }

    function register(address tokenX, address tokenY, uint16 binStep, address pair) external {
        require(msg.sender == owner, "BinFactoryStandIn: only the owner lists pairs");
        listed[keyOf(tokenX, tokenY, binStep)] = LBPairInformation(binStep, pair, true, false);
        pairs.push(pair);
        emit LBPairCreated(tokenX, tokenY, binStep, pair, pairs.length - 1);
    }

    function getNumberOfLBPairs() external view returns (uint256) {
        return pairs.length;
    }

    function getLBPairInformation(address tokenA, address tokenB, uint256 binStep)
        external
        view
        returns (LBPairInformation memory)
    {
        return listed[keyOf(tokenA, tokenB, binStep)];
    }

    function keyOf(address a, address b, uint256 binStep) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b, binStep)) : keccak256(abi.encode(b, a, binStep));
    }
}
