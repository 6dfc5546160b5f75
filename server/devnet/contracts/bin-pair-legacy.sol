// SPDX-License-Identifier: MIT
// Stand-in for Liquidity Book 2.0, part 2: pair and router. Swap fees lie beside the bins and are collected apart. No oracle, no flash loans.
pragma solidity ^0.8.24;

import {FullMath} from "@uniswap/v4-core/src/libraries/FullMath.sol";
import {BinFactoryStandIn, BinMaths, BinShares, BinTrade, FeeSetup, IBinToken} from "./bin-maths.sol";

contract LegacyBinPairStandIn is BinShares {
    using BinMaths for FeeSetup;

    struct Amounts {
        uint256 x;
        uint256 y;
    }

    struct Bin {
        uint128 reserveX;
        uint128 reserveY;
        // Fees per share since the bin's beginning, 128.128.
        uint256 perShareX;
        uint256 perShareY;
    }

    struct Deposit {
        uint24 id;
        uint256 price;
        uint256 x;
        uint256 y;
    }

    struct MintJob {
        address to;
        Amounts got;
        Amounts added;
        Amounts fees;
        Amounts parts;
        uint256[] shares;
    }

    address public immutable factory;
    address public immutable tokenX;
    address public immutable tokenY;
    FeeSetup private setup;
    uint24 private activeId;
    Amounts private reserves;
    // All fees held here, and the part of them that is the protocol's.
    Amounts private feesTotal;
    Amounts private feesProtocol;
    mapping(uint256 => Bin) private bins;
    mapping(address => mapping(uint256 => Amounts)) private debts;
    mapping(address => Amounts) private unclaimed;

    event TransferSingle(address indexed sender, address indexed from, address indexed to, uint256 id, uint256 amount);
    event Swap(
        address indexed sender,
        address indexed recipient,
        uint256 indexed id,
        bool swapForY,
        uint256 amountIn,
        uint256 amountOut,
        uint256 volatilityAccumulated,
        uint256 fees
    );
    event CompositionFee(
        address indexed sender,
        address indexed recipient,
        uint256 indexed id,
        uint256 feesX,
        uint256 feesY
    );
    event DepositedToBin(
        address indexed sender,
        address indexed recipient,
        uint256 indexed id,
        uint256 amountX,
        uint256 amountY
    );
    event WithdrawnFromBin(
        address indexed sender,
        address indexed recipient,
        uint256 indexed id,
        uint256 amountX,
        uint256 amountY
    );
    event FeesCollected(address indexed sender, address indexed recipient, uint256 amountX, uint256 amountY);

    error InsufficientAmounts();
    error CompositionFactorFlawed(uint256 id);
    error InsufficientLiquidityMinted(uint256 id);
    error InsufficientLiquidityBurned(uint256 id);
    error DistributionsOverflow();
    error OnlyStrictlyIncreasingId();

    constructor(address factory_, address tokenX_, address tokenY_, uint24 id, FeeSetup memory fees) {
        (factory, tokenX, tokenY, activeId, setup) = (factory_, tokenX_, tokenY_, id, fees);
    }

    function getReservesAndId() external view returns (uint256, uint256, uint256) {
        return (reserves.x, reserves.y, activeId);
    }

    function getGlobalFees() external view returns (uint128, uint128, uint128, uint128) {
        return (uint128(feesTotal.x), uint128(feesTotal.y), uint128(feesProtocol.x), uint128(feesProtocol.y));
    }

    function feeParameters() external view returns (FeeSetup memory) {
        return setup;
    }

    function getBin(uint24 id) external view returns (uint256, uint256) {
        return (bins[id].reserveX, bins[id].reserveY);
    }

    function findFirstNonEmptyBinId(uint24 id, bool swapForY) external view returns (uint24) {
        return nextBin(id, swapForY);
    }

    function pendingFees(address account, uint256[] calldata ids) external view returns (uint256 x, uint256 y) {
        (x, y) = (unclaimed[account].x, unclaimed[account].y);
        for (uint256 i = 0; i < ids.length; i++) {
            if (i > 0 && ids[i] <= ids[i - 1]) revert OnlyStrictlyIncreasingId();
            (uint256 ofX, uint256 ofY) = accrued(account, ids[i]);
            x += ofX;
            y += ofY;
        }
    }

    // For the router, which quotes over these bins.
    function quoteOut(uint256 amountIn, bool swapForY) external view returns (uint256 amountOut, uint256 fee) {
        FeeSetup memory f = setup;
        uint24 id = activeId;
        f.updateReferences(id, block.timestamp);
        while (true) {
            uint256 reserve = reserveOutOf(id, swapForY);
            if (reserve > 0) {
                BinTrade memory t = tradeIn(f, id, reserve, swapForY, amountIn);
                amountIn -= t.intoBin + t.fee;
                amountOut += t.outOfBin;
                fee += t.fee;
            }
            if (amountIn == 0) break;
            id = nextBin(id, swapForY);
        }
    }

    function quoteIn(uint256 amountOut, bool swapForY) external view returns (uint256 amountIn, uint256 fee) {
        FeeSetup memory f = setup;
        uint24 id = activeId;
        f.updateReferences(id, block.timestamp);
        while (true) {
            uint256 reserve = reserveOutOf(id, swapForY);
            if (reserve > 0) {
                f.updateVolatility(id);
                uint256 out = reserve > amountOut ? amountOut : reserve;
                (uint256 net, uint256 added) = BinMaths.cost(out, BinMaths.priceOf(id, f.binStep), swapForY, f.totalFee());
                amountIn += net + added;
                amountOut -= out;
                fee += added;
            }
            if (amountOut == 0) break;
            id = nextBin(id, swapForY);
        }
    }

    // Sells what was transferred here before.
    function swap(bool swapForY, address to) external returns (uint256 amountXOut, uint256 amountYOut) {
        uint256 left = swapForY ? receivedX() : receivedY();
        if (left == 0) revert InsufficientAmounts();
        FeeSetup memory f = setup;
        uint24 id = activeId;
        f.updateReferences(id, block.timestamp);
        uint256 out;
        while (true) {
            uint256 reserve = reserveOutOf(id, swapForY);
            if (reserve > 0) {
                BinTrade memory t = tradeIn(f, id, reserve, swapForY, left);
                left -= t.intoBin + t.fee;
                out += t.outOfBin;
                applyTrade(f, id, t, swapForY, to);
            }
            if (left == 0) break;
            id = nextBin(id, swapForY);
        }
        activeId = id;
        setup = f;
        (amountXOut, amountYOut) = swapForY ? (uint256(0), out) : (out, uint256(0));
        send(swapForY ? tokenY : tokenX, to, out);
    }

    // What the distributions leave over goes back to `to`.
    function mint(
        uint256[] calldata ids,
        uint256[] calldata distributionX,
        uint256[] calldata distributionY,
        address to
    ) external returns (uint256, uint256, uint256[] memory) {
        if (ids.length == 0 || distributionX.length != ids.length || distributionY.length != ids.length) {
            revert WrongLengths();
        }
        MintJob memory job;
        (job.to, job.got, job.shares) = (to, Amounts(receivedX(), receivedY()), new uint256[](ids.length));
        for (uint256 i = 0; i < ids.length; i++) {
            job.shares[i] = depositInto(job, ids[i], distributionX[i], distributionY[i]);
        }
        if (job.parts.x > BinMaths.ONE || job.parts.y > BinMaths.ONE) revert DistributionsOverflow();
        reserves.x += job.added.x;
        reserves.y += job.added.y;
        send(tokenX, to, job.got.x - job.added.x - job.fees.x);
        send(tokenY, to, job.got.y - job.added.y - job.fees.y);
        return (job.added.x, job.added.y, job.shares);
    }

    // Burns shares that were transferred here before.
    function burn(uint256[] calldata ids, uint256[] calldata amounts, address to)
        external
        returns (uint256 amountX, uint256 amountY)
    {
        if (ids.length == 0 || ids.length != amounts.length) revert WrongLengths();
        for (uint256 i = 0; i < ids.length; i++) {
            (uint256 x, uint256 y) = withdrawFrom(ids[i], amounts[i], to);
            amountX += x;
            amountY += y;
        }
        reserves.x -= amountX;
        reserves.y -= amountY;
        send(tokenX, to, amountX);
        send(tokenY, to, amountY);
    }

    function collectFees(address account, uint256[] calldata ids) external returns (uint256 amountX, uint256 amountY) {
        require(account != address(0) && account != address(this), "no such account");
        (amountX, amountY) = (unclaimed[account].x, unclaimed[account].y);
        delete unclaimed[account];
        for (uint256 i = 0; i < ids.length; i++) {
            (uint256 x, uint256 y) = accrued(account, ids[i]);
            amountX += x;
            amountY += y;
            setDebt(account, ids[i], balances[ids[i]][account]);
        }
        feesTotal.x -= amountX;
        feesTotal.y -= amountY;
        send(tokenX, account, amountX);
        send(tokenY, account, amountY);
        emit FeesCollected(msg.sender, account, amountX, amountY);
    }

    function setApprovalForAll(address spender, bool approved) external {
        setOperator(spender, approved);
    }

    function safeBatchTransferFrom(address from, address to, uint256[] calldata ids, uint256[] calldata amounts)
        external
    {
        requireOperator(from);
        if (ids.length != amounts.length) revert WrongLengths();
        for (uint256 i = 0; i < ids.length; i++) moveShares(from, to, ids[i], amounts[i]);
        emit TransferBatch(msg.sender, from, to, ids, amounts);
    }

    function safeTransferFrom(address from, address to, uint256 id, uint256 amount) external {
        requireOperator(from);
        moveShares(from, to, id, amount);
        emit TransferSingle(msg.sender, from, to, id, amount);
    }

    // Shares that move take their fees out first: both sides' fees become claimable.
    function moveShares(address from, address to, uint256 id, uint256 amount) internal override {
        if (from != to) {
            if (earns(from)) settle(from, id, balances[id][from] - amount);
            if (earns(to)) settle(to, id, balances[id][to] + amount);
        }
        super.moveShares(from, to, id, amount);
    }

    function reserveOutOf(uint24 id, bool swapForY) internal view override returns (uint256) {
        return swapForY ? bins[id].reserveY : bins[id].reserveX;
    }

    function earns(address account) private view returns (bool) {
        return account != address(0) && account != address(this);
    }

    function accrued(address account, uint256 id) private view returns (uint256 x, uint256 y) {
        uint256 shares = balances[id][account];
        if (shares == 0) return (0, 0);
        Bin storage bin = bins[id];
        Amounts storage debt = debts[account][id];
        x = BinMaths.shifted(shares, bin.perShareX, false) - debt.x;
        y = BinMaths.shifted(shares, bin.perShareY, false) - debt.y;
    }

    function settle(address account, uint256 id, uint256 newShares) private {
        (uint256 x, uint256 y) = accrued(account, id);
        unclaimed[account].x += x;
        unclaimed[account].y += y;
        setDebt(account, id, newShares);
    }

    function setDebt(address account, uint256 id, uint256 shares) private {
        debts[account][id] = Amounts(
            BinMaths.shifted(shares, bins[id].perShareX, false),
            BinMaths.shifted(shares, bins[id].perShareY, false)
        );
    }

    function tradeIn(FeeSetup memory f, uint24 id, uint256 reserve, bool swapForY, uint256 amountIn)
        private
        pure
        returns (BinTrade memory)
    {
        f.updateVolatility(id);
        return BinMaths.tradeOf(reserve, BinMaths.priceOf(id, f.binStep), swapForY, amountIn, f.totalFee());
    }

    function applyTrade(FeeSetup memory f, uint24 id, BinTrade memory t, bool swapForY, address to) private {
        Bin storage bin = bins[id];
        addFee(f, bin, id, t.fee, swapForY);
        if (swapForY) {
            change(bin, t.intoBin, 0, 0, t.outOfBin);
            (reserves.x, reserves.y) = (reserves.x + t.intoBin, reserves.y - t.outOfBin);
        } else {
            change(bin, 0, t.outOfBin, t.intoBin, 0);
            (reserves.x, reserves.y) = (reserves.x - t.outOfBin, reserves.y + t.intoBin);
        }
        emit Swap(msg.sender, to, id, swapForY, t.intoBin, t.outOfBin, f.volatility, t.fee);
    }

    function addFee(FeeSetup memory f, Bin storage bin, uint256 id, uint256 fee, bool isX) private {
        uint256 forProtocol = (fee * f.protocolShare) / 10_000;
        uint256 perShare = ((fee - forProtocol) << 128) / supplies[id];
        if (isX) {
            bin.perShareX += perShare;
            feesTotal.x += fee;
            feesProtocol.x += forProtocol;
        } else {
            bin.perShareY += perShare;
            feesTotal.y += fee;
            feesProtocol.y += forProtocol;
        }
    }

    function depositInto(MintJob memory job, uint256 id, uint256 partX, uint256 partY) private returns (uint256 shares) {
        job.parts.x += partX;
        job.parts.y += partY;
        Deposit memory d = Deposit(
            uint24(id),
            BinMaths.priceOf(uint24(id), setup.binStep),
            (job.got.x * partX) / BinMaths.ONE,
            (job.got.y * partY) / BinMaths.ONE
        );
        if (d.id == activeId) chargeComposition(job, d);
        else if (d.id > activeId ? d.y > 0 : d.x > 0) revert CompositionFactorFlawed(id);
        shares = BinMaths.shifted(d.x, d.price, false) + d.y;
        if (shares == 0) revert InsufficientLiquidityMinted(id);
        change(bins[id], d.x, 0, d.y, 0);
        job.added.x += d.x;
        job.added.y += d.y;
        moveShares(address(0), job.to, id, shares);
        emit TransferSingle(msg.sender, address(0), job.to, id, shares);
        emit DepositedToBin(msg.sender, job.to, id, d.x, d.y);
    }

    // A deposit of another composition than the bin's is a swap in disguise and pays its fee.
    function chargeComposition(MintJob memory job, Deposit memory d) private {
        uint256 supply = supplies[d.id];
        if (supply == 0) return;
        Bin storage bin = bins[d.id];
        uint256 user = BinMaths.shifted(d.x, d.price, false) + d.y;
        uint256 backX = FullMath.mulDiv(user, bin.reserveX + d.x, supply + user);
        uint256 backY = FullMath.mulDiv(user, bin.reserveY + d.y, supply + user);
        FeeSetup memory f = setup;
        f.updateReferences(d.id, block.timestamp);
        f.updateVolatility(d.id);
        Amounts memory fees;
        if (d.x > backX) {
            fees.x = BinMaths.compositionFee(d.x - backX, f.totalFee());
            addFee(f, bin, d.id, fees.x, true);
        }
        if (d.y > backY) {
            fees.y = BinMaths.compositionFee(d.y - backY, f.totalFee());
            addFee(f, bin, d.id, fees.y, false);
        }
        if (fees.x == 0 && fees.y == 0) return;
        (d.x, d.y) = (d.x - fees.x, d.y - fees.y);
        (job.fees.x, job.fees.y) = (job.fees.x + fees.x, job.fees.y + fees.y);
        emit CompositionFee(msg.sender, job.to, d.id, fees.x, fees.y);
    }

    function withdrawFrom(uint256 id, uint256 amount, address to) private returns (uint256 x, uint256 y) {
        if (amount == 0) revert InsufficientLiquidityBurned(id);
        Bin storage bin = bins[id];
        uint256 supply = supplies[id];
        x = FullMath.mulDiv(amount, bin.reserveX, supply);
        y = FullMath.mulDiv(amount, bin.reserveY, supply);
        change(bin, 0, x, 0, y);
        moveShares(address(this), address(0), id, amount);
        emit TransferSingle(msg.sender, address(this), address(0), id, amount);
        emit WithdrawnFromBin(msg.sender, to, id, x, y);
    }

    // One read and one write; reverts when an amount does not fit.
    function change(Bin storage bin, uint256 plusX, uint256 minusX, uint256 plusY, uint256 minusY) private {
        (uint256 x, uint256 y) = (bin.reserveX + plusX - minusX, bin.reserveY + plusY - minusY);
        require(x <= type(uint128).max && y <= type(uint128).max, "LegacyBinPairStandIn: amount too large");
        (bin.reserveX, bin.reserveY) = (uint128(x), uint128(y));
    }

    function receivedX() private view returns (uint256) {
        return IBinToken(tokenX).balanceOf(address(this)) - reserves.x - feesTotal.x;
    }

    function receivedY() private view returns (uint256) {
        return IBinToken(tokenY).balanceOf(address(this)) - reserves.y - feesTotal.y;
    }

    function send(address token, address to, uint256 amount) private {
        if (amount > 0) require(IBinToken(token).transfer(to, amount), "LegacyBinPairStandIn: transfer failed");
    }
}

contract LegacyBinRouterStandIn {
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
        uint256 deadline;
    }

    BinFactoryStandIn public immutable factory;

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

    constructor(BinFactoryStandIn factory_) {
        factory = factory_;
    }

    function getPriceFromId(LegacyBinPairStandIn pair, uint24 id) external view returns (uint256) {
        return BinMaths.priceOf(id, pair.feeParameters().binStep);
    }

    function getSwapIn(LegacyBinPairStandIn pair, uint256 amountOut, bool swapForY)
        external
        view
        returns (uint256 amountIn, uint256 feesIn)
    {
        return pair.quoteIn(amountOut, swapForY);
    }

    function getSwapOut(LegacyBinPairStandIn pair, uint256 amountIn, bool swapForY)
        external
        view
        returns (uint256 amountOut, uint256 feesIn)
    {
        return pair.quoteOut(amountIn, swapForY);
    }

    function addLiquidity(LiquidityParameters calldata p)
        external
        ensure(p.deadline)
        returns (uint256[] memory depositIds, uint256[] memory liquidityMinted)
    {
        LegacyBinPairStandIn pair = pairOf(p.tokenX, p.tokenY, p.binStep);
        if (pair.tokenX() != p.tokenX) revert WrongTokenOrder();
        depositIds = idsOf(pair, p);
        pull(p.tokenX, address(pair), p.amountX);
        pull(p.tokenY, address(pair), p.amountY);
        liquidityMinted = mintInto(pair, p, depositIds);
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
        LegacyBinPairStandIn pair = pairOf(tokenX, tokenY, binStep);
        (amountX, amountY) = burnFrom(pair, to, ids, amounts);
        if (pair.tokenX() != tokenX) (amountX, amountY) = (amountY, amountX);
        if (amountX < amountXMin || amountY < amountYMin) {
            revert AmountSlippageCaught(amountXMin, amountX, amountYMin, amountY);
        }
    }

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        uint256[] calldata pairBinSteps,
        address[] calldata tokenPath,
        address to,
        uint256 deadline
    ) external ensure(deadline) returns (uint256 amountOut) {
        if (pairBinSteps.length == 0 || tokenPath.length != pairBinSteps.length + 1) revert LengthsMismatch();
        address pair = address(pairOf(tokenPath[0], tokenPath[1], pairBinSteps[0]));
        pull(tokenPath[0], pair, amountIn);
        for (uint256 i = 0; i < pairBinSteps.length; i++) {
            address next = i + 1 == pairBinSteps.length
                ? to
                : address(pairOf(tokenPath[i + 1], tokenPath[i + 2], pairBinSteps[i + 1]));
            amountOut = swapIn(LegacyBinPairStandIn(pair), tokenPath[i], next);
            pair = next;
        }
        if (amountOut < amountOutMin) revert InsufficientAmountOut(amountOutMin, amountOut);
    }

    function swapIn(LegacyBinPairStandIn pair, address tokenIn, address to) private returns (uint256) {
        (uint256 x, uint256 y) = pair.swap(pair.tokenX() == tokenIn, to);
        return x + y;
    }

    function mintInto(LegacyBinPairStandIn pair, LiquidityParameters calldata p, uint256[] memory ids)
        private
        returns (uint256[] memory shares)
    {
        uint256 addedX;
        uint256 addedY;
        (addedX, addedY, shares) = pair.mint(ids, p.distributionX, p.distributionY, p.to);
        if (addedX < p.amountXMin || addedY < p.amountYMin) {
            revert AmountSlippageCaught(p.amountXMin, addedX, p.amountYMin, addedY);
        }
    }

    function burnFrom(LegacyBinPairStandIn pair, address to, uint256[] calldata ids, uint256[] calldata amounts)
        private
        returns (uint256, uint256)
    {
        pair.safeBatchTransferFrom(msg.sender, address(pair), ids, amounts);
        return pair.burn(ids, amounts, to);
    }

    function idsOf(LegacyBinPairStandIn pair, LiquidityParameters calldata p) private view returns (uint256[] memory ids) {
        (, , uint256 activeId) = pair.getReservesAndId();
        if (p.deltaIds.length == 0) revert LengthsMismatch();
        if (p.activeIdDesired + p.idSlippage < activeId || activeId + p.idSlippage < p.activeIdDesired) {
            revert IdSlippageCaught(p.activeIdDesired, p.idSlippage, activeId);
        }
        ids = new uint256[](p.deltaIds.length);
        for (uint256 i = 0; i < ids.length; i++) ids[i] = uint24(uint256(int256(activeId) + p.deltaIds[i]));
    }

    function pairOf(address tokenA, address tokenB, uint256 binStep) private view returns (LegacyBinPairStandIn) {
        address pair = factory.getLBPairInformation(tokenA, tokenB, binStep).LBPair;
        if (pair == address(0)) revert PairNotCreated(tokenA, tokenB, binStep);
        return LegacyBinPairStandIn(pair);
    }

    function pull(address token, address to, uint256 amount) private {
        if (amount > 0) require(IBinToken(token).transferFrom(msg.sender, to, amount), "router: pay-in failed");
    }
}
