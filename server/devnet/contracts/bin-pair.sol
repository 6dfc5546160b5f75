// SPDX-License-Identifier: MIT
// Stand-in for Liquidity Book 2.1 and 2.2, part 2: pair and router. Swap fees stay in the bins. No oracle, no flash loans, no hooks.
pragma solidity ^0.8.24;

import {FullMath} from "@uniswap/v4-core/src/libraries/FullMath.sol";
import {BinFactoryStandIn, BinMaths, BinShares, BinTrade, FeeSetup, IBinToken} from "./bin-maths.sol";

contract BinPairStandIn is BinShares {
    using BinMaths for FeeSetup;

    struct Amounts {
        uint256 x;
        uint256 y;
    }

    // As kept: one word.
    struct Kept {
        uint128 x;
        uint128 y;
    }

    struct Deposit {
        uint24 id;
        uint256 price;
        uint256 supply;
        uint256 shares;
        // What is taken from the depositor, and what of it stays in the bin.
        Amounts taken;
        Amounts kept;
    }

    struct MintJob {
        address to;
        Amounts got;
        Amounts left;
        Amounts added;
        uint256[] ids;
        bytes32[] amounts;
        uint256[] shares;
    }

    address private immutable FACTORY;
    address private immutable TOKEN_X;
    address private immutable TOKEN_Y;
    bool private immutable IS_22;
    FeeSetup private setup;
    uint24 private activeId;
    Kept private reserves;
    Kept private protocolFees;
    mapping(uint256 => Kept) private bins;

    event Swap(
        address indexed sender,
        address indexed to,
        uint24 id,
        bytes32 amountsIn,
        bytes32 amountsOut,
        uint24 volatilityAccumulator,
        bytes32 totalFees,
        bytes32 protocolFees
    );
    event DepositedToBins(address indexed sender, address indexed to, uint256[] ids, bytes32[] amounts);
    event WithdrawnFromBins(address indexed sender, address indexed to, uint256[] ids, bytes32[] amounts);
    event CompositionFees(address indexed sender, uint24 id, bytes32 totalFees, bytes32 protocolFees);

    error InsufficientAmountIn();
    error InsufficientAmountOut();
    error CompositionFactorFlawed(uint24 id);
    error ZeroShares(uint24 id);
    error ZeroAmountsOut(uint24 id);

    constructor(address factory, address tokenX, address tokenY, uint24 id, bool hasHooks, FeeSetup memory fees) {
        (FACTORY, TOKEN_X, TOKEN_Y, activeId, setup) = (factory, tokenX, tokenY, id, fees);
        IS_22 = hasHooks;
    }

    // 2.2 only; pairs here have no hooks.
    function getLBHooksParameters() external view returns (bytes32) {
        require(IS_22, "no hooks before 2.2");
        return bytes32(0);
    }

    function getFactory() external view returns (address) {
        return FACTORY;
    }

    function getTokenX() external view returns (address) {
        return TOKEN_X;
    }

    function getTokenY() external view returns (address) {
        return TOKEN_Y;
    }

    function getBinStep() external view returns (uint16) {
        return setup.binStep;
    }

    function getReserves() external view returns (uint128, uint128) {
        return (reserves.x, reserves.y);
    }

    function getActiveId() external view returns (uint24) {
        return activeId;
    }

    function getBin(uint24 id) external view returns (uint128, uint128) {
        return (bins[id].x, bins[id].y);
    }

    function getNextNonEmptyBin(bool swapForY, uint24 id) external view returns (uint24) {
        return nextBin(id, swapForY);
    }

    function getProtocolFees() external view returns (uint128, uint128) {
        return (protocolFees.x, protocolFees.y);
    }

    function getStaticFeeParameters()
        external
        view
        returns (uint16, uint16, uint16, uint16, uint24, uint16, uint24)
    {
        FeeSetup memory f = setup;
        return (
            f.baseFactor,
            f.filterPeriod,
            f.decayPeriod,
            f.reductionFactor,
            f.variableFeeControl,
            f.protocolShare,
            f.maxVolatility
        );
    }

    function getVariableFeeParameters() external view returns (uint24, uint24, uint24, uint40) {
        FeeSetup memory f = setup;
        return (f.volatility, f.volatilityReference, f.idReference, f.time);
    }

    function getPriceFromId(uint24 id) external view returns (uint256) {
        return BinMaths.priceOf(id, setup.binStep);
    }

    function getSwapOut(uint128 amountIn, bool swapForY)
        external
        view
        returns (uint128 amountInLeft, uint128 amountOut, uint128 fee)
    {
        FeeSetup memory f = setup;
        uint24 id = activeId;
        amountInLeft = amountIn;
        f.updateReferences(id, block.timestamp);
        while (true) {
            uint256 reserve = reserveOutOf(id, swapForY);
            if (reserve > 0) {
                f.updateVolatility(id);
                BinTrade memory t = tradeIn(f, id, reserve, swapForY, amountInLeft);
                amountInLeft -= uint128(t.intoBin + t.fee);
                amountOut += uint128(t.outOfBin);
                fee += uint128(t.fee);
            }
            if (amountInLeft == 0 || isLast(id, swapForY)) break;
            id = nextBin(id, swapForY);
        }
    }

    function getSwapIn(uint128 amountOut, bool swapForY)
        external
        view
        returns (uint128 amountIn, uint128 amountOutLeft, uint128 fee)
    {
        FeeSetup memory f = setup;
        uint24 id = activeId;
        amountOutLeft = amountOut;
        f.updateReferences(id, block.timestamp);
        while (true) {
            uint256 reserve = reserveOutOf(id, swapForY);
            if (reserve > 0) {
                f.updateVolatility(id);
                uint256 out = reserve > amountOutLeft ? amountOutLeft : reserve;
                (uint256 net, uint256 added) = BinMaths.cost(out, BinMaths.priceOf(id, f.binStep), swapForY, f.totalFee());
                amountIn += uint128(net + added);
                amountOutLeft -= uint128(out);
                fee += uint128(added);
            }
            if (amountOutLeft == 0 || isLast(id, swapForY)) break;
            id = nextBin(id, swapForY);
        }
    }

    // Sells what was transferred here before.
    function swap(bool swapForY, address to) external returns (bytes32) {
        uint256 left = swapForY
            ? received(TOKEN_X, reserves.x, protocolFees.x)
            : received(TOKEN_Y, reserves.y, protocolFees.y);
        if (left == 0) revert InsufficientAmountIn();
        FeeSetup memory f = setup;
        uint24 id = activeId;
        f.updateReferences(id, block.timestamp);
        uint256 out;
        while (true) {
            uint256 reserve = reserveOutOf(id, swapForY);
            if (reserve > 0) {
                f.updateVolatility(id);
                BinTrade memory t = tradeIn(f, id, reserve, swapForY, left);
                left -= t.intoBin + t.fee;
                out += t.outOfBin;
                applyTrade(f, id, t, swapForY, to);
            }
            if (left == 0) break;
            id = nextBin(id, swapForY);
        }
        if (out == 0) revert InsufficientAmountOut();
        activeId = id;
        setup = f;
        send(swapForY ? TOKEN_Y : TOKEN_X, to, out);
        return swapForY ? packed(0, out) : packed(out, 0);
    }

    // Each config: 64 bits of x part, 64 bits of y part (of 1e18), 24 bits of bin id.
    function mint(address to, bytes32[] calldata configs, address refundTo)
        external
        returns (bytes32 amountsReceived, bytes32 amountsLeft, uint256[] memory liquidityMinted)
    {
        Amounts memory got = Amounts(
            received(TOKEN_X, reserves.x, protocolFees.x),
            received(TOKEN_Y, reserves.y, protocolFees.y)
        );
        MintJob memory job;
        (job.to, job.got, job.left) = (to, got, Amounts(got.x, got.y));
        (job.ids, job.amounts) = (new uint256[](configs.length), new bytes32[](configs.length));
        job.shares = new uint256[](configs.length);
        for (uint256 i = 0; i < configs.length; i++) depositInto(uint256(configs[i]), job, i);
        change(reserves, job.added.x, 0, job.added.y, 0);
        emit TransferBatch(msg.sender, address(0), to, job.ids, job.shares);
        emit DepositedToBins(msg.sender, to, job.ids, job.amounts);
        send(TOKEN_X, refundTo, job.left.x);
        send(TOKEN_Y, refundTo, job.left.y);
        return (packed(got.x, got.y), packed(job.left.x, job.left.y), job.shares);
    }

    function burn(address from, address to, uint256[] calldata ids, uint256[] calldata amounts)
        external
        returns (bytes32[] memory paid)
    {
        requireOperator(from);
        if (ids.length == 0 || ids.length != amounts.length) revert WrongLengths();
        paid = new bytes32[](ids.length);
        Amounts memory sum;
        for (uint256 i = 0; i < ids.length; i++) {
            Amounts memory out = withdrawFrom(uint24(ids[i]), from, amounts[i]);
            paid[i] = packed(out.x, out.y);
            sum.x += out.x;
            sum.y += out.y;
        }
        change(reserves, 0, sum.x, 0, sum.y);
        emit TransferBatch(msg.sender, from, address(0), ids, amounts);
        emit WithdrawnFromBins(msg.sender, to, ids, paid);
        send(TOKEN_X, to, sum.x);
        send(TOKEN_Y, to, sum.y);
    }

    function approveForAll(address spender, bool approved) external {
        setOperator(spender, approved);
    }

    function batchTransferFrom(address from, address to, uint256[] calldata ids, uint256[] calldata amounts) external {
        requireOperator(from);
        if (ids.length != amounts.length) revert WrongLengths();
        for (uint256 i = 0; i < ids.length; i++) moveShares(from, to, ids[i], amounts[i]);
        emit TransferBatch(msg.sender, from, to, ids, amounts);
    }

    function reserveOutOf(uint24 id, bool swapForY) internal view override returns (uint256) {
        return swapForY ? bins[id].y : bins[id].x;
    }

    function isLast(uint24 id, bool swapForY) private view returns (bool) {
        return swapForY ? id <= lowestId : id >= highestId;
    }

    function tradeIn(FeeSetup memory f, uint24 id, uint256 reserve, bool swapForY, uint256 amountIn)
        private
        pure
        returns (BinTrade memory)
    {
        return BinMaths.tradeOf(reserve, BinMaths.priceOf(id, f.binStep), swapForY, amountIn, f.totalFee());
    }

    function applyTrade(FeeSetup memory f, uint24 id, BinTrade memory t, bool swapForY, address to) private {
        uint256 forProtocol = (t.fee * f.protocolShare) / 10_000;
        uint256 kept = t.intoBin + t.fee - forProtocol;
        if (swapForY) {
            change(bins[id], kept, 0, 0, t.outOfBin);
            change(reserves, kept, 0, 0, t.outOfBin);
            change(protocolFees, forProtocol, 0, 0, 0);
        } else {
            change(bins[id], 0, t.outOfBin, kept, 0);
            change(reserves, 0, t.outOfBin, kept, 0);
            change(protocolFees, 0, 0, forProtocol, 0);
        }
        emit Swap(
            msg.sender,
            to,
            id,
            oneSided(t.intoBin + t.fee, swapForY),
            oneSided(t.outOfBin, !swapForY),
            f.volatility,
            oneSided(t.fee, swapForY),
            oneSided(forProtocol, swapForY)
        );
    }

    function depositInto(uint256 config, MintJob memory job, uint256 index) private {
        Deposit memory d;
        d.id = uint24(config);
        d.price = BinMaths.priceOf(d.id, setup.binStep);
        d.supply = supplies[d.id];
        d.taken.x = (job.got.x * uint64(config >> 88)) / BinMaths.ONE;
        d.taken.y = (job.got.y * uint64(config >> 24)) / BinMaths.ONE;
        sharesFor(d);
        d.kept = Amounts(d.taken.x, d.taken.y);
        if (d.id == activeId) chargeComposition(d);
        else if ((d.id < activeId && d.taken.x > 0) || (d.id > activeId && d.taken.y > 0)) {
            revert CompositionFactorFlawed(d.id);
        }
        if (d.shares == 0 || (d.kept.x == 0 && d.kept.y == 0)) revert ZeroShares(d.id);
        job.left.x -= d.taken.x;
        job.left.y -= d.taken.y;
        change(bins[d.id], d.kept.x, 0, d.kept.y, 0);
        job.added.x += d.kept.x;
        job.added.y += d.kept.y;
        moveShares(address(0), job.to, d.id, d.shares);
        (job.ids[index], job.amounts[index]) = (d.id, packed(d.kept.x, d.kept.y));
        job.shares[index] = d.shares;
    }

    // First deposit: the root of its liquidity. Later: in proportion, and what the rounding of shares leaves over is not taken.
    function sharesFor(Deposit memory d) private view {
        uint256 user = liquidityOf(d.taken, d.price);
        uint256 bin = liquidityOf(binOf(d.id), d.price);
        if (d.supply == 0 || user == 0 || bin == 0) {
            d.shares = root(user);
            return;
        }
        d.shares = FullMath.mulDiv(user, d.supply, bin);
        uint256 effective = FullMath.mulDivRoundingUp(d.shares, bin, d.supply);
        if (user <= effective) return;
        uint256 over = user - effective;
        if (over >= BinMaths.SCALE) {
            uint256 less = over >> 128;
            if (less > d.taken.y) less = d.taken.y;
            d.taken.y -= less;
            over -= less << 128;
        }
        if (over >= d.price) {
            uint256 less = over / d.price;
            if (less > d.taken.x) less = d.taken.x;
            d.taken.x -= less;
        }
    }

    // A deposit of another composition than the bin's is a swap in disguise and pays its fee.
    function chargeComposition(Deposit memory d) private {
        FeeSetup memory f = setup;
        f.updateReferences(d.id, block.timestamp);
        f.updateVolatility(d.id);
        Amounts memory fees = compositionFees(d, f.totalFee());
        if (fees.x == 0 && fees.y == 0) return;
        Amounts memory protocol = Amounts((fees.x * f.protocolShare) / 10_000, (fees.y * f.protocolShare) / 10_000);
        uint256 user = liquidityOf(Amounts(d.taken.x - fees.x, d.taken.y - fees.y), d.price);
        Amounts memory bin = binOf(d.id);
        bin.x += fees.x - protocol.x;
        bin.y += fees.y - protocol.y;
        d.shares = FullMath.mulDiv(user, d.supply, liquidityOf(bin, d.price));
        d.kept = Amounts(d.taken.x - protocol.x, d.taken.y - protocol.y);
        change(protocolFees, protocol.x, 0, protocol.y, 0);
        setup = f;
        emit CompositionFees(msg.sender, d.id, packed(fees.x, fees.y), packed(protocol.x, protocol.y));
    }

    function compositionFees(Deposit memory d, uint256 fee) private view returns (Amounts memory fees) {
        if (d.shares == 0) return fees;
        Amounts memory bin = binOf(d.id);
        uint256 backX = FullMath.mulDiv(d.shares, bin.x + d.taken.x, d.supply + d.shares);
        uint256 backY = FullMath.mulDiv(d.shares, bin.y + d.taken.y, d.supply + d.shares);
        if (backX > d.taken.x) fees.y = BinMaths.compositionFee(d.taken.y - backY, fee);
        else if (backY > d.taken.y) fees.x = BinMaths.compositionFee(d.taken.x - backX, fee);
    }

    function withdrawFrom(uint24 id, address from, uint256 amount) private returns (Amounts memory out) {
        if (amount == 0) revert ZeroShares(id);
        Amounts memory bin = binOf(id);
        uint256 supply = supplies[id];
        moveShares(from, address(0), id, amount);
        out.x = FullMath.mulDiv(amount, bin.x, supply);
        out.y = FullMath.mulDiv(amount, bin.y, supply);
        if (out.x == 0 && out.y == 0) revert ZeroAmountsOut(id);
        change(bins[id], 0, out.x, 0, out.y);
    }

    function binOf(uint24 id) private view returns (Amounts memory) {
        return Amounts(bins[id].x, bins[id].y);
    }

    // One read and one write; reverts when an amount does not fit.
    function change(Kept storage kept, uint256 plusX, uint256 minusX, uint256 plusY, uint256 minusY) private {
        (uint256 x, uint256 y) = (kept.x + plusX - minusX, kept.y + plusY - minusY);
        require(x <= type(uint128).max && y <= type(uint128).max, "BinPairStandIn: amount too large");
        (kept.x, kept.y) = (uint128(x), uint128(y));
    }

    function liquidityOf(Amounts memory a, uint256 price) private pure returns (uint256) {
        return price * a.x + (a.y << 128);
    }

    function received(address token, uint256 reserve, uint256 fees) private view returns (uint256) {
        return IBinToken(token).balanceOf(address(this)) - reserve - fees;
    }

    function send(address token, address to, uint256 amount) private {
        if (amount > 0) require(IBinToken(token).transfer(to, amount), "BinPairStandIn: transfer failed");
    }

    function packed(uint256 x, uint256 y) private pure returns (bytes32) {
        return bytes32((y << 128) | x);
    }

    function oneSided(uint256 amount, bool isX) private pure returns (bytes32) {
        return isX ? packed(amount, 0) : packed(0, amount);
    }

    function root(uint256 x) private pure returns (uint256 r) {
        if (x == 0) return 0;
        uint256 bits;
        for (uint256 rest = x; rest > 0; rest >>= 1) bits++;
        r = 1 << ((bits + 1) / 2);
        while (true) {
            uint256 next = (r + x / r) / 2;
            if (next >= r) return r;
            r = next;
        }
    }
}

contract BinRouterStandIn {
    struct LiquidityParameters {
        address tokenX;
        address tokenY;
        uint256 binStep;
        uint256 amountX;
        uint256 amountY;
        uint256 amountXMin;
        uint256 amountYMin;
        uint256 activeIdDesired;
        uint256 idSlippage;
        int256[] deltaIds;
        uint256[] distributionX;
        uint256[] distributionY;
        address to;
        address refundTo;
        uint256 deadline;
    }

    struct Path {
        uint256[] pairBinSteps;
        uint8[] versions;
        address[] tokenPath;
    }

    BinFactoryStandIn private immutable FACTORY;

    error DeadlineExceeded(uint256 deadline, uint256 now_);
    error PairNotCreated(address tokenX, address tokenY, uint256 binStep);
    error WrongTokenOrder();
    error LengthsMismatch();
    error IdSlippageCaught(uint256 activeIdDesired, uint256 idSlippage, uint256 activeId);
    error AmountSlippageCaught(uint256 amountXMin, uint256 amountX, uint256 amountYMin, uint256 amountY);
    error InsufficientAmountOut(uint256 amountOutMin, uint256 amountOut);

    modifier ensure(uint256 deadline) {
        if (block.timestamp > deadline) revert DeadlineExceeded(deadline, block.timestamp);
        _;
    }

    constructor(BinFactoryStandIn factory) {
        FACTORY = factory;
    }

    function getFactory() external view returns (address) {
        return address(FACTORY);
    }

    function getPriceFromId(BinPairStandIn pair, uint24 id) external view returns (uint256) {
        return pair.getPriceFromId(id);
    }

    function getSwapIn(BinPairStandIn pair, uint128 amountOut, bool swapForY)
        external
        view
        returns (uint128 amountIn, uint128 amountOutLeft, uint128 fee)
    {
        return pair.getSwapIn(amountOut, swapForY);
    }

    function getSwapOut(BinPairStandIn pair, uint128 amountIn, bool swapForY)
        external
        view
        returns (uint128 amountInLeft, uint128 amountOut, uint128 fee)
    {
        return pair.getSwapOut(amountIn, swapForY);
    }

    function addLiquidity(LiquidityParameters calldata p)
        external
        ensure(p.deadline)
        returns (
            uint256 amountXAdded,
            uint256 amountYAdded,
            uint256 amountXLeft,
            uint256 amountYLeft,
            uint256[] memory depositIds,
            uint256[] memory liquidityMinted
        )
    {
        BinPairStandIn pair = pairOf(p.tokenX, p.tokenY, p.binStep);
        if (pair.getTokenX() != p.tokenX) revert WrongTokenOrder();
        bytes32[] memory configs;
        (depositIds, configs) = layOut(p, pair.getActiveId());
        pull(p.tokenX, address(pair), p.amountX);
        pull(p.tokenY, address(pair), p.amountY);
        bytes32 left;
        (left, liquidityMinted) = mintInto(pair, p, configs);
        (amountXLeft, amountYLeft) = (uint128(uint256(left)), uint256(left) >> 128);
        (amountXAdded, amountYAdded) = (p.amountX - amountXLeft, p.amountY - amountYLeft);
        if (amountXAdded < p.amountXMin || amountYAdded < p.amountYMin) {
            revert AmountSlippageCaught(p.amountXMin, amountXAdded, p.amountYMin, amountYAdded);
        }
    }

    function removeLiquidity(
        address tokenX,
        address tokenY,
        uint16 binStep,
        uint256 amountXMin,
        uint256 amountYMin,
        uint256[] calldata ids,
        uint256[] calldata amounts,
        address to,
        uint256 deadline
    ) external ensure(deadline) returns (uint256 amountX, uint256 amountY) {
        BinPairStandIn pair = pairOf(tokenX, tokenY, binStep);
        (amountX, amountY) = burnFrom(pair, to, ids, amounts);
        if (pair.getTokenX() != tokenX) (amountX, amountY) = (amountY, amountX);
        if (amountX < amountXMin || amountY < amountYMin) {
            revert AmountSlippageCaught(amountXMin, amountX, amountYMin, amountY);
        }
    }

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        Path calldata path,
        address to,
        uint256 deadline
    ) external ensure(deadline) returns (uint256 amountOut) {
        uint256 hops = path.pairBinSteps.length;
        if (hops == 0 || path.versions.length != hops || path.tokenPath.length != hops + 1) revert LengthsMismatch();
        amountOut = amountIn;
        BinPairStandIn pair = pairOf(path.tokenPath[0], path.tokenPath[1], path.pairBinSteps[0]);
        pull(path.tokenPath[0], address(pair), amountIn);
        for (uint256 i = 0; i < hops; i++) {
            bool swapForY = pair.getTokenX() == path.tokenPath[i];
            BinPairStandIn next = i + 1 == hops
                ? BinPairStandIn(to)
                : pairOf(path.tokenPath[i + 1], path.tokenPath[i + 2], path.pairBinSteps[i + 1]);
            uint256 out = uint256(pair.swap(swapForY, address(next)));
            amountOut = swapForY ? out >> 128 : uint128(out);
            pair = next;
        }
        if (amountOut < amountOutMin) revert InsufficientAmountOut(amountOutMin, amountOut);
    }

    function mintInto(BinPairStandIn pair, LiquidityParameters calldata p, bytes32[] memory configs)
        private
        returns (bytes32 left, uint256[] memory shares)
    {
        (, left, shares) = pair.mint(p.to, configs, p.refundTo);
    }

    function burnFrom(BinPairStandIn pair, address to, uint256[] calldata ids, uint256[] calldata amounts)
        private
        returns (uint256 x, uint256 y)
    {
        bytes32[] memory paid = pair.burn(msg.sender, to, ids, amounts);
        for (uint256 i = 0; i < paid.length; i++) {
            x += uint128(uint256(paid[i]));
            y += uint256(paid[i]) >> 128;
        }
    }

    function layOut(LiquidityParameters calldata p, uint24 activeId)
        private
        pure
        returns (uint256[] memory ids, bytes32[] memory configs)
    {
        uint256 count = p.deltaIds.length;
        if (count == 0 || p.distributionX.length != count || p.distributionY.length != count) revert LengthsMismatch();
        if (p.activeIdDesired + p.idSlippage < activeId || activeId + p.idSlippage < p.activeIdDesired) {
            revert IdSlippageCaught(p.activeIdDesired, p.idSlippage, activeId);
        }
        (ids, configs) = (new uint256[](count), new bytes32[](count));
        uint256 sumX;
        uint256 sumY;
        for (uint256 i = 0; i < count; i++) {
            ids[i] = uint24(uint256(int256(uint256(activeId)) + p.deltaIds[i]));
            configs[i] = bytes32((p.distributionX[i] << 88) | (p.distributionY[i] << 24) | ids[i]);
            sumX += p.distributionX[i];
            sumY += p.distributionY[i];
        }
        if (sumX > BinMaths.ONE || sumY > BinMaths.ONE) revert LengthsMismatch();
    }

    function pairOf(address tokenA, address tokenB, uint256 binStep) private view returns (BinPairStandIn) {
        address pair = FACTORY.getLBPairInformation(tokenA, tokenB, binStep).LBPair;
        if (pair == address(0)) revert PairNotCreated(tokenA, tokenB, binStep);
        return BinPairStandIn(pair);
    }

    function pull(address token, address to, uint256 amount) private {
        if (amount > 0) require(IBinToken(token).transferFrom(msg.sender, to, amount), "router: pay-in failed");
    }
}
