// SPDX-License-Identifier: MIT
// Stand-in for a token that turns on its holders after a plan was rehearsed: storage as TestToken has it, transfers that do more or less.
pragma solidity ^0.8.24;

/// Anybody may be given some: what an unasked token is.
contract StrayToken {
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function give(address to) external {
        balanceOf[to] += 1;
        emit Transfer(address(0), to, 1);
    }
}

/// Balances of another unit than the one that is stored: none can be set by writing one word of storage.
contract GrowingToken {
    mapping(address => uint256) public shares;

    function balanceOf(address owner) external view returns (uint256) {
        return shares[owner] * 3 / 2;
    }
}

contract TurnedToken {
    string public name;
    string public symbol;
    uint8 public immutable decimals;
    uint256 public immutable keptBps;
    StrayToken public immutable stray;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    constructor(uint8 decimals_, uint256 keptBps_, StrayToken stray_) {
        decimals = decimals_;
        keptBps = keptBps_;
        stray = stray_;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= value, "TurnedToken: allowance too small");
        allowance[from][msg.sender] = allowed - value;
        move(from, to, value);
        return true;
    }

    function move(address from, address to, uint256 value) private {
        uint256 held = balanceOf[from];
        require(held >= value, "TurnedToken: balance too small");
        uint256 kept = value * keptBps / 10_000;
        unchecked {
            balanceOf[from] = held - value;
            balanceOf[to] += value - kept;
            balanceOf[address(this)] += kept;
        }
        emit Transfer(from, to, value - kept);
        if (kept > 0) emit Transfer(from, address(this), kept);
        if (address(stray) != address(0)) stray.give(to);
    }
}
