// SPDX-License-Identifier: MIT
// Stand-in for the LI.FI diamond on the devnet: one swap function of its shape, over whitelisted (contract, selector) pairs.
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

    address public immutable keeper;
    mapping(address => mapping(bytes4 => bool)) public isAllowed;
    bool private entered;

    error ContractCallNotAllowed();
    error CumulativeSlippageTooLow(uint256 minAmount, uint256 receivedAmount);
    error InvalidReceiver();
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

    constructor(address keeper_) {
        keeper = keeper_;
    }

    function setAllowed(address target, bytes4 selector, bool allowed) external {
        require(msg.sender == keeper, "LifiDiamond: only the keeper sets the list");
        isAllowed[target][selector] = allowed;
    }

    function swapTokensSingleV3ERC20ToERC20(
        bytes32 transactionId,
        string calldata integrator,
        string calldata referrer,
        address payable receiver,
        uint256 minAmountOut,
        SwapData calldata swap
    ) external {
        if (entered) revert Reentered();
        entered = true;
        if (receiver == address(0)) revert InvalidReceiver();
        if (!isAllowed[swap.callTo][bytes4(swap.callData[:4])]) revert ContractCallNotAllowed();
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
        entered = false;
    }

    // What the inner call leaves of the sold token is the service fee; it stays here, as the quote's feeCosts said.
    function execute(SwapData calldata swap) private returns (uint256) {
        require(
            IERC20(swap.sendingAssetId).transferFrom(msg.sender, address(this), swap.fromAmount),
            "LifiDiamond: pay-in failed"
        );
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
