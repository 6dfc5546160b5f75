// SPDX-License-Identifier: MIT
// Deployer of PancakeSwap V3 pools for the devnet: it holds the published pool code, which the npm package ships without its deployer.
pragma solidity ^0.8.24;

contract PancakePoolDeployer {
    struct Parameters {
        address factory;
        address token0;
        address token1;
        uint24 fee;
        int24 tickSpacing;
    }

    // The pool's constructor reads these from its creator.
    Parameters public parameters;
    address public factoryAddress;
    address private immutable keeper;
    address private immutable poolCode;

    event SetFactoryAddress(address indexed factory);

    constructor(bytes memory creationCode) {
        keeper = msg.sender;
        // A contract that is only data: one stop byte, then the pool's creation code.
        bytes memory data = abi.encodePacked(hex"00", creationCode);
        bytes memory init = abi.encodePacked(hex"61", uint16(data.length), hex"80600a3d393df3", data);
        address stored;
        assembly {
            stored := create(0, add(init, 32), mload(init))
        }
        require(stored != address(0), "PancakePoolDeployer: the pool code is too long");
        poolCode = stored;
    }

    function setFactoryAddress(address factory) external {
        require(msg.sender == keeper && factoryAddress == address(0), "PancakePoolDeployer: set once, by its maker");
        factoryAddress = factory;
        emit SetFactoryAddress(factory);
    }

    function deploy(address factory, address token0, address token1, uint24 fee, int24 tickSpacing)
        external
        returns (address pool)
    {
        require(msg.sender == factoryAddress, "PancakePoolDeployer: only the factory");
        parameters = Parameters(factory, token0, token1, fee, tickSpacing);
        bytes32 salt = keccak256(abi.encode(token0, token1, fee));
        address source = poolCode;
        assembly {
            let size := sub(extcodesize(source), 1)
            let start := mload(0x40)
            extcodecopy(source, start, 1, size)
            pool := create2(0, start, size, salt)
        }
        require(pool != address(0), "PancakePoolDeployer: the pool was not created");
        delete parameters;
    }
}
