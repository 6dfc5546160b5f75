// Built-in DEX deployments of all families: contracts per chain, each a claim that is confirmed on chain.
import type { DexEntry } from "./schema";

/** Stands where a contract is not known; every pool of such a DEX is disabled with that reason. */
export const UNKNOWN_CONTRACT = "0x0000000000000000000000000000000000000000";

/** The comment of a row names how well the claim is supported; sources are in `./sources`. */
export const DEXES: readonly DexEntry[] = [
  {
    id: "uniswap-v3",
    name: "Uniswap V3",
    family: "uniswap-v3",
    // uni-v3-sdk, derivation
    initCodeHash: "0xe34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54",
    feeToTickSpacing: { "100": 1, "500": 10, "3000": 60, "10000": 200 },
    chains: {
      "1": {
        // twice: uni-docs, uni-sdk
        factory: "0x1F98431c8aD98523631AE4a59f267346ea31F984",
        // twice: uni-docs, uni-sdk
        positionManager: "0xC36442b4a4522E871399CD717aBDD847Ab11FE88",
        // single: uni-docs
        quoterV2: "0x61fFE014bA17989E743c5F6cB21bF9697530B21e",
        // single: uni-docs (swapRouter02)
        swapRouter: "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45",
      },
      "56": {
        // twice: uni-docs, uni-sdk
        factory: "0xdB1d10011AD0Ff90774D0C6Bb92e5C5c8b4461F7",
        // twice: uni-docs, uni-sdk
        positionManager: "0x7b8A01B39D58278b5DE7e48c8449c9f4F5170613",
        // twice: uni-docs, uni-sdk
        quoterV2: "0x78D78E420Da98ad378D7799bE8f4AF69033EB077",
        // twice: uni-docs, uni-sdk (swapRouter02)
        swapRouter: "0xB971eF87ede563556b2ED4b1C0b0019111Dd85d2",
      },
      "137": {
        // twice: uni-docs, uni-sdk
        factory: "0x1F98431c8aD98523631AE4a59f267346ea31F984",
        // twice: uni-docs, uni-sdk
        positionManager: "0xC36442b4a4522E871399CD717aBDD847Ab11FE88",
        // single: uni-docs
        quoterV2: "0x61fFE014bA17989E743c5F6cB21bF9697530B21e",
        // single: uni-docs (swapRouter02)
        swapRouter: "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45",
      },
      "8453": {
        // twice: uni-docs, uni-sdk
        factory: "0x33128a8fC17869897dcE68Ed026d694621f6FDfD",
        // twice: uni-docs, uni-sdk
        positionManager: "0x03a520b32C04BF3bEEf7BEb72E919cf822Ed34f1",
        // twice: uni-docs, uni-sdk
        quoterV2: "0x3d4e44Eb1374240CE5F1B871ab261CD16335B76a",
        // twice: uni-docs, uni-sdk (swapRouter02)
        swapRouter: "0x2626664c2603336E57B271c5C0b26F421741e481",
      },
      "42161": {
        // twice: uni-docs, uni-sdk
        factory: "0x1F98431c8aD98523631AE4a59f267346ea31F984",
        // twice: uni-docs, uni-sdk
        positionManager: "0xC36442b4a4522E871399CD717aBDD847Ab11FE88",
        // single: uni-docs
        quoterV2: "0x61fFE014bA17989E743c5F6cB21bF9697530B21e",
        // single: uni-docs (swapRouter02)
        swapRouter: "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45",
      },
      "43114": {
        // twice: uni-docs, uni-sdk
        factory: "0x740b1c1de25031C31FF4fC9A62f554A55cdC1baD",
        // twice: uni-docs, uni-sdk
        positionManager: "0x655C406EBFa14EE2006250925e54ec43AD184f8B",
        // twice: uni-docs, uni-sdk
        quoterV2: "0xbe0F5544EC67e9B3b2D979aaA43f18Fd87E6257F",
        // twice: uni-docs, uni-sdk (swapRouter02)
        swapRouter: "0xbb00FF08d01D300023C629E8fFfFcb65A5a578cE",
      },
    },
  },
  {
    id: "uniswap-v4",
    name: "Uniswap V4",
    family: "uniswap-v4",
    chains: {
      "1": {
        // twice: uni-docs, uni-sdk (poolManager)
        factory: "0x000000000004444c5dc75cB358380D2e3dE08A90",
        // twice: uni-docs, uni-sdk
        positionManager: "0xbD216513d74C8cf14cf4747E6AaA6420FF64ee9e",
        // twice: uni-docs, uni-sdk (quoter)
        quoterV2: "0x52F0E24D1c21C8A0cB1e5a5dD6198556BD9E1203",
        // single: uni-docs (universalRouter)
        swapRouter: "0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af",
        // twice: uni-docs, uni-sdk
        stateView: "0x7fFE42C4a5DEeA5b0feC41C94C136Cf115597227",
      },
      "56": {
        // twice: uni-docs, uni-sdk (poolManager)
        factory: "0x28e2Ea090877bF75740558f6BFB36A5ffeE9e9dF",
        // twice: uni-docs, uni-sdk
        positionManager: "0x7A4a5c919aE2541AeD11041A1AEeE68f1287f95b",
        // twice: uni-docs, uni-sdk (quoter)
        quoterV2: "0x9F75dD27D6664c475B90e105573E550ff69437B0",
        // single: uni-docs (universalRouter)
        swapRouter: "0x1906c1d672b88cD1B9aC7593301cA990F94Eae07",
        // twice: uni-docs, uni-sdk
        stateView: "0xd13Dd3D6E93f276FAfc9Db9E6BB47C1180aeE0c4",
      },
      "137": {
        // twice: uni-docs, uni-sdk (poolManager)
        factory: "0x67366782805870060151383F4BbFF9daB53e5cD6",
        // twice: uni-docs, uni-sdk
        positionManager: "0x1Ec2eBf4F37E7363FDfe3551602425af0B3ceef9",
        // twice: uni-docs, uni-sdk (quoter)
        quoterV2: "0xb3d5c3Dfc3a7aEbFF71895A7191796BFFc2c81b9",
        // single: uni-docs (universalRouter)
        swapRouter: "0x1095692A6237d83C6a72F3F5eFEdb9A670C49223",
        // twice: uni-docs, uni-sdk
        stateView: "0x5eA1bD7974c8A611cBAB0bDCAFcB1D9CC9b3BA5a",
      },
      "8453": {
        // twice: uni-docs, uni-sdk (poolManager)
        factory: "0x498581fF718922c3f8e6A244956aF099B2652b2b",
        // twice: uni-docs, uni-sdk
        positionManager: "0x7C5f5A4bBd8fD63184577525326123B519429bDc",
        // twice: uni-docs, uni-sdk (quoter)
        quoterV2: "0x0d5e0F971ED27FBfF6c2837bf31316121532048D",
        // single: uni-docs (universalRouter)
        swapRouter: "0x6fF5693b99212Da76ad316178A184AB56D299b43",
        // twice: uni-docs, uni-sdk
        stateView: "0xA3c0c9b65baD0b08107Aa264b0f3dB444b867A71",
      },
      "42161": {
        // twice: uni-docs, uni-sdk (poolManager)
        factory: "0x360E68faCcca8cA495c1B759Fd9EEe466db9FB32",
        // twice: uni-docs, uni-sdk
        positionManager: "0xd88F38F930b7952f2DB2432Cb002E7abbF3dD869",
        // twice: uni-docs, uni-sdk (quoter)
        quoterV2: "0x3972C00f7ed4885e145823eb7C655375d275A1C5",
        // single: uni-docs (universalRouter)
        swapRouter: "0xA51afAFe0263b40EdaEf0Df8781eA9aa03E381a3",
        // twice: uni-docs, uni-sdk
        stateView: "0x76Fd297e2D437cd7f76d50F01AfE6160f86e9990",
      },
      "43114": {
        // twice: uni-docs, uni-sdk (poolManager)
        factory: "0x06380C0e0912312B5150364B9DC4542BA0DbBc85",
        // twice: uni-docs, uni-sdk
        positionManager: "0xB74b1F14d2754AcfcbBe1a221023a5cf50Ab8ACD",
        // twice: uni-docs, uni-sdk (quoter)
        quoterV2: "0xbE40675BB704506a3c2Ccfb762DCFd1e979845C2",
        // single: uni-docs (universalRouter)
        swapRouter: "0x94b75331AE8d42C1b61065089B7d48FE14aA73b7",
        // twice: uni-docs, uni-sdk
        stateView: "0xc3c9e198C735a4b97e3e683f391cCBDD60B69286",
      },
    },
  },
  {
    id: "pancakeswap-v3",
    name: "PancakeSwap V3",
    family: "pancakeswap-v3",
    // pcs-v3-sdk, derivation
    initCodeHash: "0x6ce8eb472fa82df5469c6ab6d485f17c3ad13c8cd7af59b3d4a8026c5ce0f7e2",
    feeToTickSpacing: { "100": 1, "500": 10, "2500": 50, "10000": 200 },
    note: "CREATE2 caller is the pool deployer, not the factory; slot0.feeProtocol is uint32; Swap event carries two extra protocol-fee words",
    chains: {
      "1": {
        // twice: pcs-v3-sdk, pcs-crate
        factory: "0x0BFbCF9fa4f9C56B0F40a671Ad40E0805A091865",
        // twice: pcs-v3-sdk, derivation
        poolDeployer: "0x41ff9AA7e16B8B1a8a8dc4f0eFacd93D02d071c9",
        // twice: pcs-v3-sdk, light-alm
        positionManager: "0x46A15B0b27311cedF172AB29E4f4766fbE7F4364",
        // single: pcs-smart-router
        quoterV2: "0xB048Bbc1Ee6b733FFfCFb9e9CeF7375518e25997",
        // single: pcs-smart-router (smartRouter)
        swapRouter: "0x13f4EA83D0bd40E75C8222255bc855a974568Dd4",
      },
      "56": {
        // twice: pcs-v3-sdk, pcs-crate
        factory: "0x0BFbCF9fa4f9C56B0F40a671Ad40E0805A091865",
        // twice: pcs-v3-sdk, derivation
        poolDeployer: "0x41ff9AA7e16B8B1a8a8dc4f0eFacd93D02d071c9",
        // twice: pcs-v3-sdk, light-alm
        positionManager: "0x46A15B0b27311cedF172AB29E4f4766fbE7F4364",
        // single: pcs-smart-router
        quoterV2: "0xB048Bbc1Ee6b733FFfCFb9e9CeF7375518e25997",
        // single: pcs-smart-router (smartRouter)
        swapRouter: "0x13f4EA83D0bd40E75C8222255bc855a974568Dd4",
      },
      "8453": {
        // twice: pcs-v3-sdk, pcs-crate
        factory: "0x0BFbCF9fa4f9C56B0F40a671Ad40E0805A091865",
        // twice: pcs-v3-sdk, derivation
        poolDeployer: "0x41ff9AA7e16B8B1a8a8dc4f0eFacd93D02d071c9",
        // twice: pcs-v3-sdk, light-alm
        positionManager: "0x46A15B0b27311cedF172AB29E4f4766fbE7F4364",
        // single: pcs-smart-router
        quoterV2: "0xB048Bbc1Ee6b733FFfCFb9e9CeF7375518e25997",
        // single: pcs-smart-router (smartRouter)
        swapRouter: "0x678Aa4bF4E210cf2166753e054d5b7c31cc7fa86",
      },
      "42161": {
        // twice: pcs-v3-sdk, pcs-crate
        factory: "0x0BFbCF9fa4f9C56B0F40a671Ad40E0805A091865",
        // twice: pcs-v3-sdk, derivation
        poolDeployer: "0x41ff9AA7e16B8B1a8a8dc4f0eFacd93D02d071c9",
        // twice: pcs-v3-sdk, light-alm
        positionManager: "0x46A15B0b27311cedF172AB29E4f4766fbE7F4364",
        // single: pcs-smart-router
        quoterV2: "0xB048Bbc1Ee6b733FFfCFb9e9CeF7375518e25997",
        // single: pcs-smart-router (smartRouter)
        swapRouter: "0x32226588378236Fd0c7c4053999F88aC0e5cAc77",
      },
    },
  },
  {
    id: "pancakeswap-infinity-cl",
    name: "PancakeSwap Infinity CL",
    family: "pancakeswap-infinity",
    note: "its PositionManager uses PancakeSwap's own Permit2, not the canonical one",
    chains: {
      "56": {
        // twice: pcs-infinity-sdk, light-alm (clPoolManager)
        factory: "0xa0FfB9c1CE1Fe56963B0321B32E7A0302114058b",
        // twice: pcs-infinity-sdk, light-alm (clPositionManager)
        positionManager: "0x55f4c8abA71A1e923edC303eb4fEfF14608cC226",
        // single: pcs-infinity-sdk
        vault: "0x238a358808379702088667322f80aC48bAd5e6c4",
        // single: pcs-permit2-sdk
        permit2: "0x31c2F6fcFf4F8759b3Bd5Bf0e1084A055615c768",
      },
      "8453": {
        // single: pcs-infinity-sdk (clPoolManager)
        factory: "0xa0FfB9c1CE1Fe56963B0321B32E7A0302114058b",
        // single: pcs-infinity-sdk (clPositionManager)
        positionManager: "0x55f4c8abA71A1e923edC303eb4fEfF14608cC226",
        // single: pcs-infinity-sdk
        vault: "0x238a358808379702088667322f80aC48bAd5e6c4",
        // single: pcs-permit2-sdk
        permit2: "0x31c2F6fcFf4F8759b3Bd5Bf0e1084A055615c768",
      },
    },
  },
  {
    id: "aerodrome-slipstream",
    name: "Aerodrome Slipstream (first deployment)",
    family: "slipstream",
    tickSpacings: [1, 50, 100, 200, 2000],
    note: "fee is read from pool.fee(), may change (dynamic fee module); slot0 has six fields, no feeProtocol; mint takes tickSpacing and a trailing sqrtPriceX96 (0 when the pool exists)",
    chains: {
      "8453": {
        // twice: slipstream-repo, defillama-tvl, defillama-dims
        factory: "0x5e7BB104d84c7CB9B682AaC2F3d509f5F406809A",
        // twice: slipstream-repo, derivation
        poolImplementation: "0xeC8E5342B19977B4eF8892e02D8DAEcfa1315831",
        // twice: slipstream-repo, light-alm
        positionManager: "0x827922686190790b37229fd06084350E74485b72",
        // single: slipstream-repo
        quoterV2: "0x254cF9E1E6e233aa1AC962CB9B05b2cfeAaE15b0",
        // single: slipstream-repo
        swapRouter: "0xBE6D8f0d05cC4be24d5167a3eF062215bE6D18a5",
      },
    },
  },
  {
    id: "aerodrome-slipstream-2",
    name: "Aerodrome Slipstream (gauge-caps deployment)",
    family: "slipstream",
    note: "contract roles read from the order of the deployment output; confirm before use; further CL factories exist on Base: 0xf8f2eB4940CFE7d13603DDDD87f123820Fc061Ef, 0x9592CD9B267748cbfBDe90Ac9F7DF3c437A6d51B (DefiLlama dimension adapters)",
    chains: {
      "8453": {
        // twice: slipstream-repo, defillama-tvl, defillama-dims
        factory: "0xaDe65c38CD4849aDBA595a4323a8C7DdfE89716a",
        // single: slipstream-repo
        positionManager: "0xa990C6a764b73BF43cee5Bb40339c3322FB9D55F",
      },
    },
  },
  {
    id: "camelot-v3",
    name: "Camelot V3",
    family: "camelot-v3",
    // camelot-docs, derivation
    initCodeHash: "0x6c1bebd370ba84753516bc1393c0d0a6c645856da55f5393ac8ab3d6dbc861d3",
    note: "globalState has two fees (feeZto, feeOtz) and eight fields; mint has no fee and no deployer",
    chains: {
      "42161": {
        // twice: camelot-docs, defillama-dims
        factory: "0x1a3c9B1d2F0529D97f2afC5136Cc23e58f1FD35B",
        // twice: public-repos, derivation
        poolDeployer: "0x6Dd3FB9653B10e806650F107C3B5A0a6fF974F65",
        // twice: camelot-docs, light-alm
        positionManager: "0x00c7f3082833e796A5b3e4Bd59f6642FF44DCD15",
        // twice: camelot-docs, public-repo (quoter)
        quoterV2: "0x0Fc73040b26E9bC8514fA028D998E73A254Fa76E",
        // twice: camelot-docs, public-repo
        swapRouter: "0x1F721E2E82F6676FCE4eA07A5958cF098D339e18",
      },
    },
  },
  {
    id: "camelot-v4",
    name: "Camelot V4 (Algebra Integral)",
    family: "algebra-integral",
    // camelot-docs
    initCodeHash: "0xb3fc09be5eb433d99b1ec89fd8435aaf5ffea75c1879e19028aa2414a14b3c85",
    note: "absent from light-alm",
    chains: {
      "42161": {
        // single: camelot-docs
        factory: "0xBefC4b405041c5833f53412fF997ed2f697a2f37",
        // single: camelot-docs
        positionManager: "0xA602E7195fcC9364210181DffA33482B5adCE9d8",
        // single: camelot-docs (quoter)
        quoterV2: "0xFe24b2cDfF01B644995bc248bA8497467d688F7B",
        // single: camelot-docs
        swapRouter: "0x4ee15342d6Deb297c3A2aA7CFFd451f788675F53",
      },
    },
  },
  {
    id: "quickswap-v3",
    name: "QuickSwap V3",
    family: "algebra-v1",
    // quickswap-refs, derivation
    initCodeHash: "0x6ec6c9c8091d160c0aa74b2b14ba9c1717e95093bd3ac085cee99a49aab294a4",
    note: "globalState has one fee and seven fields; mint has no fee and no deployer",
    chains: {
      "137": {
        // twice: defillama-dims, quickswap-refs
        factory: "0x411b0fAcC3489691f28ad58c47006AF5E3Ab3A28",
        // twice: quickswap-refs, derivation
        poolDeployer: "0x2D98E2FA9da15aa6dC9581AB097Ced7af697CB92",
        // twice: quickswap-refs, light-alm
        positionManager: "0x8eF88E4c7CfbbaC1C163f7eddd4B578792201de6",
        // twice: quickswap-refs (quoter)
        quoterV2: "0xa15F0D7377B2A0C0c10db057f641beD21028FC89",
        // twice: quickswap-refs
        swapRouter: "0xf5b509bB0909a69B1c207E495f687a596C168E12",
      },
    },
  },
  {
    id: "ramses-v2-cl",
    name: "Ramses V2 CL (legacy)",
    family: "uniswap-v3",
    note: "legacy deployment; light-alm registers it for Arbitrum but lists no pool on it",
    chains: {
      "42161": {
        // single: zapper
        factory: "0xAA2cd7477c451E703f3B9Ba5663334914763edF8",
        // twice: zapper, defillama-tvl, light-alm
        positionManager: "0xAA277CB7914b7e5514946Da92cb9De332Ce610EF",
      },
    },
  },
  {
    id: "ramses-v3",
    name: "Ramses V3",
    family: "ramses-v3",
    // derivation
    initCodeHash: "0x892f127ed4b26ca352056c8fb54585a3268f76f97fdd84d5836ef4bda8d8c685",
    note: "CREATE2 caller is RamsesV3PoolDeployer, salt keccak256(abi.encode(token0,token1,int24 tickSpacing)); mint takes int24 tickSpacing: selector 0x6d70c415, not 0x88316456; positions() returns ten fields, no nonce, no operator; the hash is the one under which both registered pools re-derive",
    chains: {
      "999": {
        // twice: public-repos
        factory: "0x07E60782535752be279929e2DFfDd136Db2e6b45",
        // twice: public-repo, derivation
        poolDeployer: "0x301d2E3c7Db5904b3971cf9C36195e37c5a14873",
        // twice: public-repos, light-alm
        positionManager: "0xB3F77C5134D643483253D22E0Ca24627aE42ED51",
        // single: public-repo
        quoterV2: "0x403Bf94fe505cA0F0b1563C350B57dCeC8303ECd",
        // single: public-repo
        swapRouter: "0x76D91074B46fF76E04FE59a90526a40009943fd2",
      },
    },
  },
  {
    id: "pharaoh-v3",
    name: "Pharaoh V3 (Ramses V3 code)",
    family: "ramses-v3",
    // derivation
    initCodeHash: "0x892f127ed4b26ca352056c8fb54585a3268f76f97fdd84d5836ef4bda8d8c685",
    note: "same ABI as ramses-v3; light-alm registers the position manager of the older Pharaoh CL, which does not serve this pool",
    chains: {
      "43114": {
        // twice: public-repos
        factory: "0xAE6E5c62328ade73ceefD42228528b70c8157D0d",
        // twice: public-repos, derivation
        poolDeployer: "0x6a4113ed0915bCf5E48e758e8f4cEBFFC07C66f9",
        // twice: public-repos
        positionManager: "0x0B4478e810D48B5882D4019D435A2f864Bab4F39",
        // twice: public-repos
        quoterV2: "0xB7297301b7CC659BB96D51754643A0Df6eEA2138",
        // twice: public-repos
        swapRouter: "0xc8B8fCbDb5C019D7802fFb0b39603395D7d3915c",
      },
    },
  },
  {
    id: "pangolin-v3",
    name: "Pangolin V3",
    family: "uniswap-v3",
    // pangolin-sdk, derivation
    initCodeHash: "0xa9bb1321d78097b23af97a9c07d5ec13e1adc404334585171c54ecccb5ad93b2",
    chains: {
      "43114": {
        // twice: pangolin-sdk, derivation
        factory: "0x1128F23D0bc0A8396E9FBC3c0c68f5EA228B8256",
        // twice: pangolin-sdk, light-alm
        positionManager: "0xf40937279F38D0c1f97aFA5919F1cB3cB7f06A7F",
        // single: pangolin-sdk
        quoterV2: "0xA86522CCc412dBC4FA10991900FE46De95983822",
        // single: pangolin-sdk
        swapRouter: "0x5485A0751a249225D3bA2f6f296551507e22547f",
      },
    },
  },
  {
    id: "blackhole-cl",
    name: "Blackhole CL",
    family: "algebra-integral",
    // public-repo, derivation
    initCodeHash: "0xeaa3eea3233916c82fe1281a51bd9cde844b7c4673c0714ca0028a57f5634752",
    customDeployers: {
      "1": "0xDcFccf2e8c4EfBba9127B80eAc76c5A122125d29",
      "50": "0x58b05074D52D1a84D8FfDAddA3c1b652e8C56994",
      "100": "0xf9221dE143A0E57c324bF2a0f281e605e845D767",
      "200": "0x5D433A94A4a2aA8f9AA34D8D15692Dc2E9960584",
    },
    note: "every pool is a custom pool: salt keccak256(abi.encode(customDeployer,token0,token1)), CREATE2 caller is AlgebraPoolDeployer; mint must carry the custom deployer of the pool's tick spacing; two position managers are live (legacy and current); which one serves the spacing-1 pools is not confirmed here; globalState has six fields",
    chains: {
      "43114": {
        // twice: defillama-tvl, defillama-dims
        factory: "0x512eb749541B7cf294be882D636218c84a5e9E5F",
        // twice: public-repos, derivation
        poolDeployer: "0x9B2441037E286d5Bf9456a3BE7b5273fe28DbA1e",
        // twice: public-repos, light-alm
        positionManager: "0x3fED017EC0f5517Cdf2E8a9a4156c64d74252146",
        // twice: public-repos (positionManagerCurrent)
        otherPositionManager: "0xfD1c727D8A2259493C66899f478EbfeA41329545",
        // twice: public-repos
        quoterV2: "0x3e182bcf14Be6142b9217847ec1112e3c39Eb689",
        // single: public-repo
        swapRouter: "0xaBfc48e8BED7b26762745f3139555F320119709d",
      },
    },
  },
  {
    id: "project-x-v3",
    name: "Project X",
    family: "uniswap-v3",
    note: "init code hash not found; it is not the Uniswap one, so pools could not be re-derived",
    chains: {
      "999": {
        // twice: defillama-dims, public-repos
        factory: "0xFf7B3e8C00e57ea31477c32A5B52a58Eea47b072",
        // twice: public-repos, light-alm
        positionManager: "0xeaD19AE861c29bBb2101E834922B2FEee69B9091",
        // single: public-repo
        swapRouter: "0x1EbDFC75FfE3ba3de61E7138a3E8706aC841Af9B",
      },
    },
  },
  {
    id: "hybra-cl",
    name: 'Hybra CL ("V4")',
    family: "slipstream",
    note: "light-alm files it under Uniswap V4: wrong. It is a Slipstream-style clone factory (its USDC/USDT0 pool re-derives as one); position manager not found: 0x934C4f47B2D3FfcA0156A45DEb3A436202aF1efa is an older Hybra V3 manager in one indexer, not confirmed for this factory",
    chains: {
      "999": {
        // twice: defillama-tvl, defillama-dims
        factory: "0x32b9dA73215255d50D84FeB51540B75acC1324c2",
        // twice: public-repo, derivation
        poolImplementation: "0xa421F7AADa7d11EB6002Bc53090Fb8D5409552Ab",
        // not known: see the note
        positionManager: UNKNOWN_CONTRACT,
      },
    },
  },
  {
    id: "lfj-v2.0",
    name: "LFJ (Trader Joe) Liquidity Book V2.0",
    family: "liquidity-book",
    variant: "2.0",
    note: "router parameters have no refundTo; pair getters are tokenX(), tokenY(), getReservesAndId(); shares are on the pair",
    chains: {
      "42161": {
        // single: joe-sdk
        factory: "0x1886D09C9Ade0c5DB822D85D21678Db67B6c2982",
        // single: joe-sdk (router)
        positionManager: "0x7BFd7192E76D950832c77BB412aaE841049D8D9B",
        // single: joe-sdk (quoter)
        quoterV2: "0x7f281f22eDB332807A039073a7F34A4A215bE89e",
      },
      "43114": {
        // single: joe-sdk
        factory: "0x6E77932A92582f504FF6c4BdbCef7Da6c198aEEf",
        // twice: joe-sdk, light-alm (router)
        positionManager: "0xE3Ffc583dC176575eEA7FD9dF2A7c65F7E23f4C3",
        // single: joe-sdk (quoter)
        quoterV2: "0x9Dbf1706577636941Ab5f443D2AEbE251ccd1648",
      },
    },
  },
  {
    id: "lfj-v2.1",
    name: "LFJ Liquidity Book V2.1",
    family: "liquidity-book",
    variant: "2.1",
    chains: {
      "1": {
        // single: joe-sdk
        factory: "0xDC8d77b69155c7E68A95a4fb0f06a71FF90B943a",
        // single: joe-sdk (router)
        positionManager: "0x9A93a421b74F1c5755b83dD2C211614dC419C44b",
        // single: joe-sdk (quoter)
        quoterV2: "0x4d6Dbd1b52807C71b9a148E222b167247a7cA789",
      },
      "56": {
        // single: joe-sdk
        factory: "0x8e42f2F4101563bF679975178e880FD87d3eFd4e",
        // single: joe-sdk (router)
        positionManager: "0xb4315e873dBcf96Ffd0acd8EA43f689D8c20fB30",
        // single: joe-sdk (quoter)
        quoterV2: "0xd76019A16606FDa4651f636D9751f500Ed776250",
      },
      "42161": {
        // single: joe-sdk
        factory: "0x8e42f2F4101563bF679975178e880FD87d3eFd4e",
        // single: joe-sdk (router)
        positionManager: "0xA6598A0160f6392950C7759371b6daC8EeC4F6A2",
        // single: joe-sdk (quoter)
        quoterV2: "0xd76019A16606FDa4651f636D9751f500Ed776250",
      },
      "43114": {
        // single: joe-sdk
        factory: "0x8e42f2F4101563bF679975178e880FD87d3eFd4e",
        // twice: joe-sdk, light-alm (router)
        positionManager: "0xb4315e873dBcf96Ffd0acd8EA43f689D8c20fB30",
        // single: joe-sdk (quoter)
        quoterV2: "0xd76019A16606FDa4651f636D9751f500Ed776250",
      },
    },
  },
  {
    id: "lfj-v2.2",
    name: "LFJ Liquidity Book V2.2",
    family: "liquidity-book",
    variant: "2.2",
    chains: {
      "42161": {
        // single: joe-sdk
        factory: "0xb43120c4745967fa9b93E79C149E66B0f2D6Fe0c",
        // single: joe-sdk (router)
        positionManager: "0x013e138EF6008ae5FDFDE29700e3f2Bc61d21E3a",
        // single: joe-sdk (quoter)
        quoterV2: "0x9A550a522BBaDFB69019b0432800Ed17855A51C3",
      },
      "43114": {
        // single: joe-sdk
        factory: "0xb43120c4745967fa9b93E79C149E66B0f2D6Fe0c",
        // twice: joe-sdk, light-alm (router)
        positionManager: "0x18556DA13313f3532c54711497A8FedAC273220E",
        // single: joe-sdk (quoter)
        quoterV2: "0x9A550a522BBaDFB69019b0432800Ed17855A51C3",
      },
    },
  },
];
