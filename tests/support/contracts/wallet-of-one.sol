// SPDX-License-Identifier: MIT
// A contract wallet of one owner, for tests: it says of a signature whether that owner made it (EIP-1271), and can do nothing else.
pragma solidity ^0.8.24;

contract WalletOfOne {
    bytes4 private constant VALID = 0x1626ba7e;
    bytes4 private constant REFUSED = 0xffffffff;
    address private immutable owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65) return REFUSED;
        bytes32 r = bytes32(signature[0:32]);
        bytes32 s = bytes32(signature[32:64]);
        address signer = ecrecover(hash, uint8(signature[64]), r, s);
        return signer != address(0) && signer == owner ? VALID : REFUSED;
    }
}
