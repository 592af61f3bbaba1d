// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a company promises. Its id is the EIP-712 struct hash of these twelve fields, so whoever holds the
/// terms can compute the id, and it is the same on every chain.
struct Promise {
    /// Who promises: an account that has registered.
    address company;
    /// To whom: keccak256(salt ‖ keccak256(signer)), with a salt for each pair of company and customer, so that the log
    /// does not tell who it is; zero for a promise to the public.
    bytes32 customer;
    /// Digest of the terms document, which stays off chain.
    bytes32 terms;
    /// Unix seconds by which the promise is kept.
    uint40 dueAt;
    /// Seconds after max(fulfilledAt, dueAt) in which it may be disputed; a day at least.
    uint32 disputeWindow;
    /// An independent party who reports and rules; zero for none. Never the company.
    address arbiter;
    /// The kind of service: the first 8 bytes of keccak256 of its published name.
    bytes8 service;
    /// The connected experience: 0 respond-to-desire, 1 curated offering, 2 coach behaviour, 3 automatic execution.
    uint8 experience;
    /// The stage of the customer's journey: 0 recognise, 1 request, 2 respond, 3 repeat.
    uint8 stage;
    /// How much a failure hurts: 0 ordinary to 3 critical.
    uint8 stakes;
    /// The customer segment, by the company's published, non-personal key.
    uint16 cohort;
    /// Tells otherwise equal promises apart.
    uint64 nonce;
}

/// @notice Where a promise stands. A promise that passes `dueAt` while Open is broken; that needs no transaction.
enum Status {
    None,
    Open,
    Fulfilled,
    Confirmed
}

/// @notice All that is stored of a promise: one slot. The terms come back in calldata whenever they are needed.
struct State {
    address company;
    /// Block time of the fulfilment; zero while there is none.
    uint40 fulfilledAt;
    /// Block time of the last action on the promise.
    uint40 lastAt;
    Status status;
    /// Bit 3: confirmed by the customer. Bit 4: confirmed by the arbiter. Bits 5–7: the rating, zero for none.
    uint8 flags;
}

/// @notice Who acts. An empty `signer` is the caller itself. Otherwise it is an ERC-7913 signer: 20 bytes are an
/// account (ECDSA, or ERC-1271 if it has code); longer ones are a verifier's address and a key, such as a passkey's.
struct Auth {
    bytes signer;
    bytes signature;
}

/// @notice What makes a signature work once where the action's own effect does not.
struct Once {
    /// Any number that this signer has not used yet: nonces have no order, so no signature waits for another.
    uint256 nonce;
    /// Unix seconds; after that block time the signature is worth nothing.
    uint256 deadline;
}

/// @title A ledger of promises and of what became of them.
/// @notice No owner, no upgrade, no pause, no fee. Each action extends `headOf(company)`, a hash chain over the
/// company's whole history: who replays the events of a company and reaches its head knows that none was left out,
/// changed or reordered.
/// @dev Every action comes in two forms: sent by its actor, or signed by its actor (EIP-712, one type for each action) and
/// sent by anybody, in the functions that end in `By`. An actor is logged as keccak256 of its signer; an account's signer
/// is its 20 bytes (ERC-7913). Each event carries, as its last word, the company's head after it:
/// keccak256(head before ‖ block time ‖ all topics ‖ the data's other words), where a string's keccak256 stands for it.
/// The ledger cannot know that what is reported to it is true; it knows who said it, and when.
interface ITrustLedger {
    /// @notice A company published a profile, its first or another.
    /// @param company The account that registered.
    /// @param actor keccak256 of the signer that acted.
    /// @param profile Digest of the profile document.
    /// @param uri Where the profile document is found; a `data:` URI carries it.
    /// @param head The company's head after this event.
    event Registered(address indexed company, bytes32 actor, bytes32 profile, string uri, bytes32 head);

    /// @notice A company made a promise: all of its terms, so that its id can be recomputed from the log.
    /// @param id The promise.
    /// @param company The company that promised.
    /// @param actor keccak256 of the signer that acted.
    /// @param schedule From the lowest bit: arbiter (160 bits), dueAt (40), disputeWindow (32), cohort (16), stakes (8).
    /// @param labels From the lowest bit: nonce (64 bits), service (64), experience (8), stage (8).
    /// @param head The company's head after this event.
    event Made(
        bytes32 indexed id,
        address indexed company,
        bytes32 indexed customer,
        bytes32 actor,
        bytes32 terms,
        uint256 schedule,
        uint256 labels,
        bytes32 head
    );

    /// @notice A company says that it has done what it promised; the block's time says when.
    /// @param evidence Digest of the evidence, which stays off chain; zero for none.
    event Fulfilled(bytes32 indexed id, address indexed company, bytes32 actor, bytes32 evidence, bytes32 head);

    /// @notice The customer or the arbiter agrees that the promise was fulfilled.
    /// @param byArbiter Whether the arbiter confirmed, as an independent reporter.
    /// @param rating 1 to 5, or 0 for none.
    event Confirmed(
        bytes32 indexed id, address indexed company, bytes32 actor, bool byArbiter, uint8 rating, bytes32 head
    );

    /// @notice Thrown when an account that has no profile makes a promise. Call `register` first.
    error NotRegistered(address company);
    /// @notice Thrown when the actor (keccak256 of its signer) is not the company.
    error NotTheCompany(bytes32 actor, address company);
    /// @notice Thrown when `signature` is not `signer`'s over this very action, on this chain and contract.
    error InvalidSignature(bytes signer);
    /// @notice Thrown when a signature is offered after its deadline.
    error Expired(uint256 deadline, uint256 blockTime);
    /// @notice Thrown when the signer (by its keccak256) has used this nonce before.
    error NonceUsed(bytes32 actor, uint256 nonce);
    /// @notice Thrown when the promise does not stand where the action needs it to.
    error WrongStatus(bytes32 id, Status actual, Status needed);
    /// @notice Thrown when a promise is due at or before the block's time.
    error DueInThePast(uint40 dueAt, uint256 blockTime);
    /// @notice Thrown when a promise could be disputed for less than a day.
    error DisputeWindowTooShort(uint32 disputeWindow, uint32 minimum);
    /// @notice Thrown when the company names itself as its arbiter.
    error ArbiterIsCompany(address company);
    /// @notice Thrown when a promise has neither customer nor arbiter: nobody could contest it.
    error Uncontestable(bytes32 id);
    /// @notice Thrown when `experience`, `stage` or `stakes` is above 3.
    error CodeOutOfRange(uint8 experience, uint8 stage, uint8 stakes);
    /// @notice Thrown when the actor is neither the arbiter nor, with the given salt, the customer.
    error NotACounterparty(bytes32 actor, bytes32 id);
    /// @notice Thrown when a rating is above 5.
    error RatingOutOfRange(uint8 rating);

    /// @notice Publishes the caller's profile; the first time, this opens its history.
    /// @param profile Digest of the profile document.
    /// @param uri Where the document is found. The ledger does not read it.
    function register(bytes32 profile, string calldata uri) external;

    /// @notice `register`, signed: Register(address company,bytes32 profile,string uri,uint256 nonce,uint256 deadline).
    function registerBy(Auth calldata auth, address company, bytes32 profile, string calldata uri, Once calldata once)
        external;

    /// @notice Makes a promise of the caller's.
    /// @return id The promise's id.
    function make(Promise calldata promised) external returns (bytes32 id);

    /// @notice `make`, signed: Make(Promise promise). The customer may send what the company has signed, so a company
    /// can't hand out a promise and keep it off the ledger.
    function makeBy(Auth calldata auth, Promise calldata promised) external returns (bytes32 id);

    /// @notice Records that the caller has done what it promised, now. Being late is no reason to be refused.
    /// @param evidence Digest of the evidence; zero for none.
    function fulfil(bytes32 id, bytes32 evidence) external;

    /// @notice `fulfil`, signed: Fulfil(Promise promise,bytes32 evidence). The time recorded is still the block's.
    function fulfilBy(Auth calldata auth, bytes32 id, bytes32 evidence) external;

    /// @notice Confirms a fulfilled promise, as its arbiter or as its customer.
    /// @param promised The whole promise: its id is recomputed.
    /// @param salt Shows that the caller is the customer; ignored for the arbiter.
    /// @param rating 1 to 5, or 0 for none.
    function confirm(Promise calldata promised, bytes32 salt, uint8 rating) external;

    /// @notice `confirm`, signed: Confirm(Promise promise,uint8 rating).
    function confirmBy(Auth calldata auth, Promise calldata promised, bytes32 salt, uint8 rating) external;

    /// @notice The head of a company's hash chain; zero before it registers.
    function headOf(address company) external view returns (bytes32 head);

    /// @notice Where a promise stands.
    function stateOf(bytes32 id) external view returns (State memory state);

    /// @notice Whether a signer, by its keccak256, has used a nonce.
    function isNonceUsed(bytes32 actor, uint256 nonce) external view returns (bool used);

    /// @notice The id of a promise, whether it was made or not.
    function idOf(Promise calldata promised) external pure returns (bytes32 id);

    /// @notice The EIP-712 domain (ERC-5267): the name Troth, the version, this chain and this contract.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}
