// SPDX-License-Identifier: MIT
// Base of the stand-ins made from published bytecode: a face keeps the other family's functions and passes the rest to the real code.
pragma solidity ^0.8.24;

// A face sits at the address of a deployed contract, whose code was moved to `REAL` and runs here by delegatecall: storage, tokens,
// events and callbacks stay those of this address, so only the shapes that a face names differ from the real thing.
abstract contract Face {
    address internal immutable REAL;

    error NotInThisFamily(bytes4 selector);

    constructor(address real) {
        REAL = real;
    }

    fallback() external payable {
        address real = REAL;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), real, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(done) {
                revert(0, returndatasize())
            }
            return(0, returndatasize())
        }
    }

    // The real code's answer.
    function inner(bytes memory data) internal returns (bytes memory) {
        return innerAt(REAL, data);
    }

    // The answer of other code that runs here.
    function innerAt(address code, bytes memory data) internal returns (bytes memory) {
        (bool done, bytes memory answer) = code.delegatecall(data);
        if (!done) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }

    // The real code's answer as it is.
    function pass() internal {
        finish(inner(msg.data));
    }

    function finish(bytes memory answer) internal pure {
        assembly {
            return(add(answer, 32), mload(answer))
        }
    }

    function finish(uint256[] memory words) internal pure {
        assembly {
            return(add(words, 32), mul(mload(words), 32))
        }
    }

    // The same memory as a list of words.
    function wordsOf(bytes memory data) internal pure returns (uint256[] memory words) {
        assembly {
            mstore(data, div(mload(data), 32))
            words := data
        }
    }

    function refuse() internal pure {
        revert NotInThisFamily(msg.sig);
    }
}
