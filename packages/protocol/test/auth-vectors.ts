/** Numbers that other implementations and the specifications have published: inputs, and what has to come out. */

/** WAMP-CRA, from the tests of autobahn-python and nexus. */
export const WAMPCRA_KEYS = [
  {
    from: 'autobahn-python',
    password: 'L3L1YUE8Txlw',
    salting: { salt: 'salt123', iterations: 1000, keylen: 32 },
    key: 'qzcdsr9uu/L5hnss3kjNTRe490ETgA70ZBaB5rvnJ5Y=',
  },
  {
    from: 'nexus',
    password: 'password',
    salting: { salt: 'salt123', iterations: 1000, keylen: 32 },
    key: 'XX9AIwVx2pYcnIAm+U69vjdUImcvNehHD5atN4rwDb0=',
  },
] as const;

const NEXUS_CHALLENGE =
  '{ "nonce":"LHRTC9zeOIrt_9U3", "authprovider":"userdb", "authid":"peter", "timestamp":"2014-06-22T16:36:25.448Z", "authrole":"user", "authmethod":"wampcra", "session":3251278072152162 }';

export const WAMPCRA_SIGNATURES = [
  {
    from: 'autobahn-python',
    key: 'L3L1YUE8Txlw',
    challenge: '[1, 2, 3]',
    signature: '1njQtmmeYO41N5EWEzD2kAjjEKRZ5kPZt/TzpYXOzR0=',
  },
  {
    from: 'nexus',
    key: 'secret',
    challenge: NEXUS_CHALLENGE,
    signature: 'NWktSrMd4ItBSAKYEwvu1bTY7G/sSyjKbz+pNP9c04A=',
  },
  {
    from: 'nexus, salted',
    key: 'XX9AIwVx2pYcnIAm+U69vjdUImcvNehHD5atN4rwDb0=',
    challenge: NEXUS_CHALLENGE,
    signature: 'hk/2riA2JqydfL5wLoicrYfAt8uNeP6nikk9kqDhsnM=',
  },
] as const;

/** The specification's key pairs, challenges and channel id, and signatures over them (hex). */
const K1 = {
  privateKey: '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510',
  publicKey: '1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d',
  challenge: 'ff'.repeat(32),
} as const;
const K2 = {
  privateKey: 'd511fe78e23934b3dadb52fcd022974b80bd92bccc7c5cf404e46cc0a8a2f5cd',
  publicKey: '6ed32739ff04a6074044ff0b0e3bfc7c856bc9d5f1d25efc57363bda0af3a8b0',
  challenge: 'b26c1f87c13fc1da14997f1b5a71995dff8fbe0a62fae8473c7bdbd05bfb607d',
} as const;
const K3 = {
  privateKey: '6e1fde9cf9e2359a87420b65a87dc0c66136e66945196ba2475990d8a0c3a25b',
  publicKey: '28e11f427b82b9a625ee7ac89a7d29326b505f2dc11dd88c1245f83b6da79a85',
  challenge: 'b05e6b8ad4d69abf74aa3be3c0ee40ae07d66e1895b9ab09285a2f1192d562d2',
} as const;
const X = '62e935ae755f3d48f80d4d59f6121358c435722a67e859cc0caa8b539027f2ff';

export const CRYPTOSIGN = [
  {
    ...K1,
    channelId: undefined,
    signature:
      'b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03',
    message: K1.challenge,
  },
  {
    ...K2,
    channelId: undefined,
    signature:
      'd4209ad10d5aff6bfbc009d7e924795de138a63515efc7afc6b01b7fe5201372190374886a70207b042294af5bd64ce725cd8dceb344e6d11c09d1aaaf4d660f',
    message: K2.challenge,
  },
  {
    ...K3,
    channelId: undefined,
    signature:
      '7beb282184baadd08f166f16dd683b39cab53816ed81e6955def951cb2ddad1ec184e206746fd82bda075af03711d3d5658fc84a76196b0fa8d1ebc92ef9f30b',
    message: K3.challenge,
  },
  {
    ...K1,
    channelId: X,
    signature:
      '9b6f41540c9b95b4b7b281c3042fa9c54cef43c842d62ea3fd6030fcb66e70b3e80d49d44c29d1635da9348d02ec93f3ed1ef227dfb59a07b580095c2b82f80f',
    message: '9d16ca518aa0c2b707f2b2a609edeca73bca8dd59817a633f35574ac6fd80d00',
  },
  {
    ...K2,
    channelId: X,
    signature:
      '305aaa3ac25e98f651427688b3fc43fe7d8a68a7ec1d7d61c61517c519bd4a427c3015599d83ca28b4c652333920223844ef0725eb5dc2febfd6af7677b73f01',
    message: 'd0852a29b460fc92ec943242ac638a053bbacc200512b18b30d15083cbdc9282',
  },
  {
    ...K3,
    channelId: X,
    signature:
      'ee3c7644fd8070532bc1fde3d70d742267da545d8c8f03e63bda63f1ad4214f4d2c4bfdb4eb9526def42deeb7e31602a6ff99eba893e0a4ad4d45892ca75e608',
    message: 'd2b75e24a189a7f78ca776ba36fc53f6c3e31c32f251f2c524f0a44202f2902d',
  },
] as const;

/** The message exchanges of the specification: public keys, challenges, channel ids and 96-byte signatures (hex). */
const P = '545efb0a2192db8d43f118e9bf9aee081466e1ef36c708b96ee6f62dddad9122';
const P3 = '12ae0184b180e9a9c5e45be4a1afbce3c6491320063701cd9c4011a777d04089';
const Q = '4a3838f6fe75251e613329d53fc69b262d5eac97fb1d73bebbaed4015b53c862';
const CHANNEL_2 = 'e973bee24dcea9e20625f949c0e3cd28d632ccbefe4907c2fac2728710f7b160';
/** Not printed in the specification: it follows from challenge XOR message, of both sides alike. */
const CHANNEL_3 = 'bd5b9ef32d574c39617a2e3cbf0844859165acb9443b1d7b49a004b68b82281e';

export const CRYPTOSIGN_EXCHANGES = [
  {
    what: 'the client',
    publicKey: P,
    challenge: 'fa034062ad76352b53a25358854577730db82f367aa439709c91296d04a5716c',
    channelId: undefined,
    signature:
      'e2f0297a193b63b7a4a92028e9e2e6107f82730560d54a657bd982cb4b3151490399debbbde998e494d3c3b2a5e2e91271291e10dee85a6cfaa127885ddd8b0afa034062ad76352b53a25358854577730db82f367aa439709c91296d04a5716c',
  },
  {
    what: 'the router of example 1',
    publicKey: Q,
    challenge: 'bbae60ea44cdd7b20dc7010a618b0f0803fab25a817520b4b7f057299b524deb',
    channelId: undefined,
    signature:
      'fd5128d2d207ba58a9d1d6f41b72c747964ad9d1294077b3b1eee6130b05843ab12c53c7f2519f73d4feb82db19d8ca0fc26b62bde6518e79a882f5795bc9f00bbae60ea44cdd7b20dc7010a618b0f0803fab25a817520b4b7f057299b524deb',
  },
  {
    what: 'the client of example 1',
    publicKey: P,
    challenge: '0e9192bc08512c8198da159c1ae600ba91729215f35d56102ee318558e773537',
    channelId: undefined,
    signature:
      'a3a178fe792ed772a8fc092f8341e455de96670c8901264a7c312dbf940d5743626fe9fbc29b23dcd2169b308eca309de85a89ccd296b24835de3d95b16b77030e9192bc08512c8198da159c1ae600ba91729215f35d56102ee318558e773537',
  },
  {
    what: 'the router of example 2, bound to the channel',
    publicKey: Q,
    challenge: '4f861f12796c2972b7b0026522a687aa851d90355122a61d4f1fdce4d06b564f',
    channelId: CHANNEL_2,
    signature:
      'aa05f4cd7747d36b79443f1d4703a681e107edc085d876b508714e2a3a8135bacaae1c018452c4acb3ad2818aa97a6d23e5ac7e3734c7b1f40e6232a70938205a6f5a1f034a28090b195fb2ce2454a82532f5c8baf6ba1dfb5ddae63c09ce72f',
  },
  {
    what: 'the client of example 2, bound to the channel',
    publicKey: P,
    challenge: '358625312c6c3bf64ed51d17d210ce21af1639c774cabf5735a9651d7d91fc6a',
    channelId: CHANNEL_2,
    signature:
      '25114474580d6e99a6126b091b4565c23db567d686c5b8c3a94e3f2f09dc80300c5b40a124236733fa56396df721eb12ac092362379bd5b27b4db9e2beaa1408dcf59bd361a2921448f0e45e12f303097924f5798a83b895cf6b179a6d664d0a',
  },
  {
    what: 'the router of example 3, bound to the channel',
    publicKey: Q,
    challenge: '2763e7fdb1c34a74e8497daf6c913744d11161a94cec3b16aeec60a788612e17',
    channelId: CHANNEL_3,
    signature:
      'ce456092998d796533d7ef2bab543300409d161066c9520c9284df6bbfb82947b37fb78d69fd56e5118afec62e35e015c60569af2e18ed92fedc738552242d039a38790e9c94064d89335393d39973c14074cd1008d7266de74c641103e30609',
  },
  {
    what: 'the client of example 3, bound to the channel',
    publicKey: P3,
    challenge: 'e4b40f72f9604754789d472225483bace926b9668d72c9122545e540d8d98f23',
    channelId: CHANNEL_3,
    signature:
      '16c89629e72aff3f44661e701341b2221a2fa9d93205826fad85e70d3a8dab70a8f54314c14d470ebeb77a0dd16c833928c01134a52b2e73862b7d3f258b600059ef9181d4370b6d19e7691e9a407f29784315dfc949d4696ce5e1f6535ba73d',
  },
] as const;

/** RFC 7677 §3, and the numbers between its lines. */
export const SCRAM_RFC_7677 = {
  authid: 'user',
  password: 'pencil',
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  nonce: 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
  iterations: 4096,
  saltedPassword: 'c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d',
  storedKey: '586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6',
  serverKey: 'c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5',
  proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  verifier: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
} as const;

/** The nonces and the salt of the WAMP specification, whose own proof is the RFC's and does not fit them. */
export const SCRAM_WAMP = {
  authid: 'user',
  password: 'pencil',
  clientNonce: 'egVDf3DMJh0=',
  nonce: 'egVDf3DMJh0=SBmkFIh7sSo=',
  salt: 'aBc+fx0NAVA=',
  iterations: 4096,
  storedKey: 'd1f0abec4618f18c284b455032d112ed804607b0e510b7c2b0521e3af953ce47',
  proof: 'L1uwjEEL7BdbtlWMKxNcQ1A/CmNjct+7xdAguB/rpnA=',
  verifier: 'AyTAljdPHv74Zx+gn+6DqiFnl4XOZUXpC7k/pSkjBOg=',
} as const;

/** From the tests of autobahn-python: what a password is salted to. */
export const SCRAM_SALTED = [
  {
    cost: { kdf: 'pbkdf2', iterations: 8 },
    salted: 'f6991a28c75f43751e0d75499fd7b8649f659118ddc1d61cee5883af547d15f5',
  },
  {
    cost: { kdf: 'argon2id13', iterations: 32, memory: 512 },
    salted: 'ee4a8acf9d5958354fb79a95ae20692d05e42591ba49fae85eb6700e8b0ed293',
  },
] as const;
export const SCRAM_SALTED_FROM = { password: 'p4ssw0rd', salt: '1234567890abcdef' } as const;
