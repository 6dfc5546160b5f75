// SPDX-License-Identifier: MIT
// Stand-in for the LI.FI diamond on the devnet: its swap and bridge entries, its calldata readers, and a keeper who pays bridges out.
pragma solidity ^0.8.24;

interface IERC20 {
    function balanceOf(address owner) external view returns (uint256);
    function approve(address spender, uint256 value) external returns (bool);
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

contract LifiDiamond {
    struct SwapData {
        address callTo;
        address approveTo;
        address sendingAssetId;
        address receivingAssetId;
        uint256 fromAmount;
        bytes callData;
        bool requiresDeposit;
    }

    struct BridgeData {
        bytes32 transactionId;
        string bridge;
        string integrator;
        address referrer;
        address sendingAssetId;
        address receiver;
        uint256 minAmount;
        uint256 destinationChainId;
        bool hasSourceSwaps;
        bool hasDestinationCall;
    }

    struct AcrossV3Data {
        address receiverAddress;
        address refundAddress;
        address receivingAssetId;
        uint256 outputAmount;
        uint64 outputAmountPercent;
        address exclusiveRelayer;
        uint32 quoteTimestamp;
        uint32 fillDeadline;
        uint32 exclusivityDeadline;
        bytes message;
    }

    address public immutable keeper;
    mapping(address => mapping(bytes4 => bool)) public isAllowed;
    bool private entered;

    error ContractCallNotAllowed();
    error CumulativeSlippageTooLow(uint256 minAmount, uint256 receivedAmount);
    error InvalidReceiver();
    error InvalidAmount();
    error InvalidCallData();
    error InformationMismatch();
    error CannotBridgeToSameNetwork();
    error Reentered();

    event LiFiGenericSwapCompleted(
        bytes32 indexed transactionId,
        string integrator,
        string referrer,
        address receiver,
        address fromAssetId,
        address toAssetId,
        uint256 fromAmount,
        uint256 toAmount
    );
    event LiFiTransferStarted(BridgeData bridgeData);
    event Released(address indexed token, address indexed to, uint256 amount);

    modifier nonReentrant() {
        if (entered) revert Reentered();
        entered = true;
        _;
        entered = false;
    }

    modifier onlyKeeper() {
        require(msg.sender == keeper, "LifiDiamond: only the keeper may do this");
        _;
    }

    constructor(address keeper_) {
        keeper = keeper_;
    }

    function setAllowed(address target, bytes4 selector, bool allowed) external onlyKeeper {
        isAllowed[target][selector] = allowed;
    }

    // Pays a bridge out on this chain, or back to its sender; stands for the relayer and for the bridge's refund.
    function release(address token, address to, uint256 amount) external onlyKeeper {
        require(IERC20(token).transfer(to, amount), "LifiDiamond: release failed");
        emit Released(token, to, amount);
    }

    function swapTokensSingleV3ERC20ToERC20(
        bytes32 transactionId,
        string calldata integrator,
        string calldata referrer,
        address payable receiver,
        uint256 minAmountOut,
        SwapData calldata swap
    ) external nonReentrant {
        if (receiver == address(0)) revert InvalidReceiver();
        pull(swap.sendingAssetId, swap.fromAmount);
        uint256 received = execute(swap);
        if (received < minAmountOut) revert CumulativeSlippageTooLow(minAmountOut, received);
        require(IERC20(swap.receivingAssetId).transfer(receiver, received), "LifiDiamond: pay-out failed");
        emit LiFiGenericSwapCompleted(
            transactionId,
            integrator,
            referrer,
            receiver,
            swap.sendingAssetId,
            swap.receivingAssetId,
            swap.fromAmount,
            received
        );
    }

    // Locks `minAmount` of the sending token here; what arrives on the other chain is `outputAmount`, the difference is the bridge's fee.
    function startBridgeTokensViaAcrossV3(BridgeData calldata bridgeData, AcrossV3Data calldata acrossData)
        external
        payable
        nonReentrant
    {
        if (bridgeData.hasSourceSwaps) revert InformationMismatch();
        checkBridge(bridgeData, acrossData);
        pull(bridgeData.sendingAssetId, bridgeData.minAmount);
        emit LiFiTransferStarted(bridgeData);
    }

    function swapAndStartBridgeTokensViaAcrossV3(
        BridgeData memory bridgeData,
        SwapData[] calldata swaps,
        AcrossV3Data calldata acrossData
    ) external payable nonReentrant {
        if (!bridgeData.hasSourceSwaps || swaps.length == 0) revert InformationMismatch();
        checkBridge(bridgeData, acrossData);
        if (swaps[swaps.length - 1].receivingAssetId != bridgeData.sendingAssetId) revert InformationMismatch();
        uint256 received;
        for (uint256 i = 0; i < swaps.length; i++) {
            if (swaps[i].requiresDeposit) pull(swaps[i].sendingAssetId, swaps[i].fromAmount);
            received = execute(swaps[i]);
        }
        if (received < bridgeData.minAmount) revert CumulativeSlippageTooLow(bridgeData.minAmount, received);
        // As on the real diamond, all that the swap gave is bridged and the event says so.
        bridgeData.minAmount = received;
        emit LiFiTransferStarted(bridgeData);
    }

    function extractBridgeData(bytes calldata data) external pure returns (BridgeData memory bridgeData) {
        return abi.decode(data[4:], (BridgeData));
    }

    function extractSwapData(bytes calldata data) external pure returns (SwapData[] memory swapData) {
        (, swapData) = abi.decode(data[4:], (BridgeData, SwapData[]));
    }

    function extractMainParameters(bytes calldata data)
        external
        pure
        returns (
            string memory bridge,
            address sendingAssetId,
            address receiver,
            uint256 amount,
            uint256 destinationChainId,
            bool hasSourceSwaps,
            bool hasDestinationCall
        )
    {
        BridgeData memory b = abi.decode(data[4:], (BridgeData));
        (sendingAssetId, amount) = (b.sendingAssetId, b.minAmount);
        if (b.hasSourceSwaps) (sendingAssetId, amount) = firstSwap(data);
        return
            (b.bridge, sendingAssetId, b.receiver, amount, b.destinationChainId, b.hasSourceSwaps, b.hasDestinationCall);
    }

    function extractGenericSwapParameters(bytes calldata data)
        external
        pure
        returns (
            address sendingAssetId,
            uint256 amount,
            address receiver,
            address receivingAssetId,
            uint256 receivingAmount
        )
    {
        if (bytes4(data[:4]) != this.swapTokensSingleV3ERC20ToERC20.selector) revert InvalidCallData();
        SwapData memory swap;
        (, , , receiver, receivingAmount, swap) = abi.decode(
            data[4:],
            (bytes32, string, string, address, uint256, SwapData)
        );
        return (swap.sendingAssetId, swap.fromAmount, receiver, swap.receivingAssetId, receivingAmount);
    }

    function firstSwap(bytes calldata data) private pure returns (address, uint256) {
        (, SwapData[] memory swaps) = abi.decode(data[4:], (BridgeData, SwapData[]));
        return (swaps[0].sendingAssetId, swaps[0].fromAmount);
    }

    function checkBridge(BridgeData memory bridgeData, AcrossV3Data calldata acrossData) private view {
        if (bridgeData.receiver == address(0) || acrossData.refundAddress == address(0)) revert InvalidReceiver();
        if (bridgeData.minAmount == 0 || acrossData.outputAmount == 0) revert InvalidAmount();
        if (bridgeData.destinationChainId == block.chainid) revert CannotBridgeToSameNetwork();
        if (bridgeData.hasDestinationCall || acrossData.message.length > 0) revert InformationMismatch();
        if (bridgeData.receiver != acrossData.receiverAddress) revert InvalidReceiver();
    }

    function pull(address token, uint256 amount) private {
        require(IERC20(token).transferFrom(msg.sender, address(this), amount), "LifiDiamond: pay-in failed");
    }

    // What the inner call leaves of the sold token is the service fee; it stays here, as the quote's feeCosts said.
    function execute(SwapData calldata swap) private returns (uint256) {
        if (!isAllowed[swap.callTo][bytes4(swap.callData[:4])]) revert ContractCallNotAllowed();
        uint256 before = IERC20(swap.receivingAssetId).balanceOf(address(this));
        IERC20(swap.sendingAssetId).approve(swap.approveTo, swap.fromAmount);
        (bool done, bytes memory answer) = swap.callTo.call(swap.callData);
        if (!done) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
        IERC20(swap.sendingAssetId).approve(swap.approveTo, 0);
        return IERC20(swap.receivingAssetId).balanceOf(address(this)) - before;
    }
}
