// SPDX-License-Identifier: MIT
// A router that was taken over: takes what it was promised and pays half of the minimum that its own calldata names. For tests only.
pragma solidity ^0.8.24;

interface IERC20Short {
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

contract ShortPayingDiamond {
    struct SwapData {
        address callTo;
        address approveTo;
        address sendingAssetId;
        address receivingAssetId;
        uint256 fromAmount;
        bytes callData;
        bool requiresDeposit;
    }

    function swapTokensSingleV3ERC20ToERC20(
        bytes32,
        string calldata,
        string calldata,
        address payable receiver,
        uint256 minAmountOut,
        SwapData calldata swap
    ) external {
        IERC20Short(swap.sendingAssetId).transferFrom(msg.sender, address(this), swap.fromAmount);
        IERC20Short(swap.receivingAssetId).transfer(receiver, minAmountOut / 2);
    }
}
