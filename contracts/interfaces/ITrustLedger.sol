// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a company promises, in five words. Its id is the EIP-712 struct hash of the twelve fields that these
/// hold (`Typed`), so whoever has the terms can compute the id, and it is the same on every chain.
struct Promise {
    /// Who promises: an account that has registered.
    address company;
    /// To whom: keccak256(salt ‖ keccak256(signer)), with a salt for each pair of company and customer, so that the log
    /// does not tell who it is; zero for a promise to the public.
    bytes32 customer;
    /// Digest of the terms document, which stays off chain.
    bytes32 terms;
    /// From the lowest bit:
    ///   arbiter, 160 bits: an independent party who reports and rules; zero for none, never the company;
    ///   dueAt, 40: unix seconds by which the promise is kept;
    ///   disputeWindow, 32: seconds after max(fulfilledAt, dueAt) in which it may be disputed, a day at least;
    ///   cohort, 16: the customer segment, by the company's published, non-personal key;
    ///   stakes, 8: how much a failure hurts, 0 ordinary to 3 critical.
    uint256 schedule;
    /// From the lowest bit:
    ///   nonce, 64 bits: tells otherwise equal promises apart;
    ///   service, 64: the kind of service, the first 8 bytes of keccak256 of its published name;
    ///   experience, 8: 0 respond-to-desire, 1 curated offering, 2 coach behaviour, 3 automatic execution;
    ///   stage, 8: of the customer's journey, 0 recognise, 1 request, 2 respond, 3 repeat;
    ///   zero in the 112 bits above.
    uint256 labels;
}

/// @notice Where a promise stands. One that passes `dueAt` while Open is broken; that needs no transaction.
enum Status {
    None,
    Open,
    /// Amended: a successor stands in its place.
    Superseded,
    Withdrawn,
    Fulfilled,
    Remedied,
    Disputed,
    Upheld,
    Dismissed,
    Confirmed
}

/// @notice All that is stored of a promise: one slot. The terms come back in calldata whenever they are needed.
struct State {
    address company;
    /// Block time of the fulfilment; zero while there is none.
    uint40 fulfilledAt;
    /// Block time when the present status began.
    uint40 lastAt;
    Status status;
    /// Bit 0: countersigned by the customer. Bit 1: the present dispute was answered. Bit 2: a remedy was given.
    /// Bit 3: was disputed. Bit 4: confirmed by the arbiter, not the customer. Bits 5–7: the rating, zero for none.
    uint8 flags;
}

/// @notice What a delegate may do for a company.
struct Rights {
    /// Unix seconds until which it may.
    uint40 until;
    /// Bit 0: make. Bit 1: hand off. Bit 2: fulfil.
    uint8 actions;
}

/// @notice What a counterparty confirms or disputes, so that no signature about one is good for another.
enum Matter {
    /// That the due time passed without fulfilment.
    Miss,
    /// What the company reported as fulfilment.
    Fulfilment,
    /// What the company gave for a failure.
    Remedy
}

/// @notice Who acts. An empty `signer` is the caller itself, who needs no signature. Otherwise it is an ERC-7913 signer:
/// 20 bytes are an account (ECDSA, or ERC-1271 if it has code); longer ones are a verifier's address and a key, such as a
/// passkey's; and `signature` is its own over the action's EIP-712 type.
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

/// @notice The customer's agreement to what the company does with a promise. Unless `given`, the rest is ignored.
struct Consent {
    bool given;
    bytes32 salt;
    Auth auth;
}

/// @notice That one promise was fulfilled.
struct Fulfilment {
    bytes32 id;
    /// Digest of the evidence, which stays off chain; zero for none.
    bytes32 evidence;
}

/// @notice One action of a relayer's batch.
struct Item {
    /// Gas that it may use, so that a hostile verifier can't burn the batch's.
    uint256 gasLimit;
    /// Calldata of a function of this contract.
    bytes call;
}

/// @title A ledger of promises and of what became of them.
/// @notice No owner, no upgrade, no pause, no fee. Each action extends `headOf(company)`, a hash chain over the
/// company's whole history: who replays the events of a company and reaches its head knows that none was left out,
/// changed or reordered.
/// @dev Every action is sent by its actor, or signed by its actor (EIP-712, one type for each action) and sent by anybody:
/// `auth` says which. `make` and `fulfil` are the caller's own, alone or many at once. An actor is logged as keccak256
/// of its signer; an account's signer is its 20 bytes (ERC-7913). Each event of a company carries its head after it, as its last word:
/// keccak256(head before ‖ block time ‖ all topics ‖ the data's other words), where a string's keccak256 stands for it
/// (in `Registered` the head is the fourth word of the data, before the string).
/// A promise's life has no way back: no status is entered twice but Disputed (a remedy may be disputed after a dispute was
/// upheld) and Confirmed (by the arbiter, then by the customer), so a signature whose effect is done stays without effect.
/// The ledger cannot know that what is reported to it is true; it knows who said it, and when.
interface ITrustLedger {
    /// @notice A company published a profile, its first or another.
    /// @param company The account that registered.
    /// @param actor keccak256 of the signer that acted, here and in all events.
    /// @param profile Digest of the profile document.
    /// @param uri Where the profile document is found; a `data:` URI carries it.
    /// @param head The company's head after this event, here and in all events.
    event Registered(address indexed company, bytes32 actor, bytes32 profile, string uri, bytes32 head);

    /// @notice A company let a delegate act for it, changed what it may do, or dismissed it.
    /// @param delegate keccak256 of the delegate's signer.
    /// @param actions What it may do, as in `Rights`.
    /// @param until Unix seconds until which it may.
    event Appointed(
        address indexed company, bytes32 indexed delegate, bytes32 actor, uint8 actions, uint40 until, bytes32 head
    );

    /// @notice A company made a promise: all of its terms, so that its id can be recomputed from the log.
    /// @param schedule As in `Promise`.
    /// @param labels As in `Promise`.
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

    /// @notice The customer countersigned a promise.
    event Accepted(bytes32 indexed id, address indexed company, bytes32 actor, bytes32 head);

    /// @notice Work on a promise passed from one unit of the company to another.
    /// @param from The unit that hands off, by the company's published key.
    /// @param to The unit that takes over.
    /// @param channel By which way, by the company's published key.
    event HandedOff(
        bytes32 indexed id, address indexed company, bytes32 actor, uint16 from, uint16 to, uint8 channel, bytes32 head
    );

    /// @notice A promise was replaced by another, whose `Made` follows.
    /// @param successor The promise that stands in its place.
    /// @param consented Whether the customer agreed.
    event Amended(
        bytes32 indexed id,
        address indexed company,
        bytes32 indexed successor,
        bytes32 actor,
        bool consented,
        bytes32 head
    );

    /// @notice A company took a promise back before it was due.
    /// @param reason Digest of the reason.
    /// @param consented Whether the customer agreed.
    event Withdrawn(
        bytes32 indexed id, address indexed company, bytes32 actor, bytes32 reason, bool consented, bytes32 head
    );

    /// @notice A company says that it has done what it promised; the block's time says when.
    /// @param evidence Digest of the evidence, which stays off chain; zero for none.
    event Fulfilled(bytes32 indexed id, address indexed company, bytes32 actor, bytes32 evidence, bytes32 head);

    /// @notice The customer or the arbiter agrees.
    /// @param byArbiter Whether the arbiter confirmed, as an independent reporter.
    /// @param matter To what: a fulfilment or a remedy.
    /// @param rating 1 to 5, or 0 for none.
    event Confirmed(
        bytes32 indexed id,
        address indexed company,
        bytes32 actor,
        bool byArbiter,
        Matter matter,
        uint8 rating,
        bytes32 head
    );

    /// @notice The customer, or the arbiter of a promise to the public, disagrees.
    /// @param matter With what.
    /// @param reason Digest of the reason.
    event Disputed(
        bytes32 indexed id, address indexed company, bytes32 actor, Matter matter, bytes32 reason, bytes32 head
    );

    /// @notice The company answered a dispute.
    /// @param response Digest of the answer.
    event Answered(bytes32 indexed id, address indexed company, bytes32 actor, bytes32 response, bytes32 head);

    /// @notice The arbiter decided a dispute: for the customer if `upheld`, else for the company.
    /// @param ruling Digest of the ruling.
    event Ruled(bytes32 indexed id, address indexed company, bytes32 actor, bool upheld, bytes32 ruling, bytes32 head);

    /// @notice A company made good for a failure, as it says.
    /// @param kind 0 apology, 1 redone, 2 refund, 3 compensation beyond.
    /// @param remedy Digest of what was given.
    event Remedied(
        bytes32 indexed id, address indexed company, bytes32 actor, uint8 kind, bytes32 remedy, bytes32 head
    );

    /// @notice A company's head, as it stood here. Extends no chain.
    event Checkpoint(address indexed company, bytes32 head);

    /// @notice Somebody published a statement about all that is up to `head`, which was the company's head. Extends no chain.
    /// @param sender Who; anybody may, so watch senders of your choice.
    /// @param policy Digest of the policy by which the statement was computed.
    /// @param statement Digest of the statement.
    event Anchored(address indexed company, address indexed sender, bytes32 head, bytes32 policy, bytes32 statement);

    /// @notice An item of `tryEach` could not be done.
    /// @param index Which, from zero.
    /// @param reason The error it ended with; empty if it ran out of its gas.
    event ItemFailed(uint256 indexed index, bytes reason);

    /// @notice Thrown for a company that has no profile. It calls `register` first.
    error NotRegistered(address company);
    /// @notice Thrown when the actor (keccak256 of its signer) is not the company, nor its delegate for this action.
    error NotTheCompany(bytes32 actor, address company);
    /// @notice Thrown when the actor is not the one of promise's counterparties (customer, arbiter) who may do this; of a
    /// customer, also when the salt is not the promise's.
    error NotTheCounterparty(bytes32 actor, bytes32 id);
    /// @notice Thrown when `signature` is not `signer`'s over this very action, on this chain and contract.
    error InvalidSignature(bytes signer);
    /// @notice Thrown when a signature is offered after its deadline.
    error Expired(uint256 deadline, uint256 blockTime);
    /// @notice Thrown when the signer (by its keccak256) has used this nonce before. `tryEach` takes it for done.
    error NonceUsed(bytes32 actor, uint256 nonce);
    /// @notice Thrown when the action's effect is there already. `tryEach` takes it for done.
    error AlreadyDone(bytes32 id, Status status);
    /// @notice Thrown when the promise does not stand where the action needs it to.
    error WrongStatus(bytes32 id, Status status);
    /// @notice Thrown when an action that only a missed promise allows comes before the due time has passed.
    error NotYetMissed(bytes32 id, uint40 dueAt, uint256 blockTime);
    /// @notice Thrown when a promise is amended or withdrawn after its due time: a missed promise stays missed.
    error AlreadyMissed(bytes32 id, uint40 dueAt, uint256 blockTime);
    /// @notice Thrown when a promise is disputed after its window.
    error WindowClosed(bytes32 id, uint256 end, uint256 blockTime);
    /// @notice Thrown when a promise is due at or before the block's time.
    error DueInThePast(uint40 dueAt, uint256 blockTime);
    /// @notice Thrown when a promise could be disputed for less than a day.
    error DisputeWindowTooShort(uint32 disputeWindow, uint32 minimum);
    /// @notice Thrown when the company names itself as its arbiter.
    error ArbiterIsCompany(address company);
    /// @notice Thrown when a promise has neither customer nor arbiter: nobody could contest it.
    error Uncontestable(bytes32 id);
    /// @notice Thrown when a promise's stakes are above 3, or its labels have an experience or stage above 3 or any of
    /// the bits that mean nothing.
    error CodeOutOfRange(uint256 schedule, uint256 labels);
    /// @notice Thrown when an amendment names another company, customer or arbiter.
    error PartiesDiffer(bytes32 id, bytes32 successor);
    /// @notice Thrown when a rating is above 5.
    error RatingOutOfRange(uint8 rating);
    /// @notice Thrown when a remedy's kind is above 3.
    error KindOutOfRange(uint8 kind);
    /// @notice Thrown when an anchored head is not the company's head.
    error NotTheHead(address company, bytes32 given, bytes32 head);
    /// @notice Thrown when `tryEach` has not enough gas left to give an item what it may use.
    error NotEnoughGas(uint256 index, uint256 gasLimit);
    /// @notice Thrown when an item of `tryEach` is, or holds, another `tryEach`: its reports would be taken for the outer one's.
    error Nested();

    /// @notice Publishes a company's profile; the first time, this opens its history.
    /// @param auth Who acts, here and below: the caller itself, or who signed.
    /// Register(address company,bytes32 profile,string uri,uint256 nonce,uint256 deadline)
    /// @param profile Digest of the profile document.
    /// @param uri Where the document is found. The ledger does not read it.
    /// @param once What makes a signature work once, here and below; ignored of a caller.
    function register(Auth calldata auth, address company, bytes32 profile, string calldata uri, Once calldata once)
        external;

    /// @notice Lets a delegate (a department, a system, a device) act for a company; an `until` of zero dismisses it.
    /// @param auth Appoint(address company,bytes32 delegate,uint8 actions,uint40 until,uint256 nonce,uint256 deadline)
    /// @param delegate keccak256 of the delegate's signer.
    /// @param actions What it may do, as in `Rights`.
    /// @param until Unix seconds until which it may.
    function appoint(
        Auth calldata auth,
        address company,
        bytes32 delegate,
        uint8 actions,
        uint40 until,
        Once calldata once
    ) external;

    /// @notice Makes a promise of the caller's, or of a company whose delegate it is. This costs less than `makeBy`.
    function make(Promise calldata promised) external;

    /// @notice Makes many: all or none.
    function makeAll(Promise[] calldata promises) external;

    /// @notice Makes one promise. The customer may send what the company has signed, so a company can't hand out a promise
    /// and keep it off the ledger. With `accept` in the same `multicall` it is countersigned from birth.
    /// @param auth Make(Promise promise)
    function makeBy(Auth calldata auth, Promise calldata promised) external;

    /// @notice Countersigns an open promise, as its customer.
    /// @param auth Accept(Promise promise)
    /// @param salt Shows, here and below, that the actor is the customer; ignored for an arbiter.
    function accept(Auth calldata auth, Promise calldata promised, bytes32 salt) external;

    /// @notice Records that work on an open promise passed from one unit of the company to another.
    /// @param auth HandOff(bytes32 actor,Promise promise,uint16 from,uint16 to,uint8 channel,uint256 nonce,uint256
    /// deadline), where `actor` is keccak256 of the signer.
    function handOff(Auth calldata auth, bytes32 id, uint16 from, uint16 to, uint8 channel, Once calldata once) external;

    /// @notice Replaces an open promise, before it is due, by one between the same parties.
    /// @param auth Amend(Promise from,Promise to,bool consented)
    /// @param consent The customer's, if it agrees, ConsentToAmend(Promise from,Promise to). The new promise is
    /// countersigned then.
    function amend(Auth calldata auth, Promise calldata from, Promise calldata to, Consent calldata consent) external;

    /// @notice Takes back an open promise, before it is due.
    /// @param auth Withdraw(Promise promise,bytes32 reason,bool consented)
    /// @param reason Digest of the reason.
    /// @param consent The customer's, if it agrees: ConsentToWithdraw(Promise promise,bytes32 reason)
    function withdraw(Auth calldata auth, Promise calldata promised, bytes32 reason, Consent calldata consent) external;

    /// @notice Records that the caller, or a company whose delegate it is, has done what it promised, now. Being late is no
    /// reason to be refused.
    /// @param evidence Digest of the evidence, which stays off chain; zero for none.
    function fulfil(bytes32 id, bytes32 evidence) external;

    /// @notice Records many fulfilments: all or none.
    function fulfilAll(Fulfilment[] calldata fulfilments) external;

    /// @notice Records one fulfilment. The time is the block's, not the signature's.
    /// @param auth Fulfil(Promise promise,bytes32 evidence)
    function fulfilBy(Auth calldata auth, bytes32 id, bytes32 evidence) external;

    /// @notice Confirms, as customer or as arbiter. A customer may still confirm or dispute what only the arbiter has
    /// confirmed, and may accept a remedy while a dispute about the failure is open or decided.
    /// @param auth Confirm(Promise promise,string matter,uint8 rating), the matter in words: fulfilment or remedy
    /// @param matter What is confirmed: Fulfilment or Remedy.
    /// @param rating 1 to 5, or 0 for none.
    function confirm(Auth calldata auth, Promise calldata promised, bytes32 salt, Matter matter, uint8 rating) external;

    /// @notice Disputes, within the window, as customer, or as arbiter of a promise to the public. That a promise was
    /// missed can be disputed also after a late fulfilment or a remedy, so the company can't void it by acting first.
    /// @param auth Dispute(Promise promise,string matter,bytes32 reason), the matter in words: missed, fulfilment or remedy
    /// @param reason Digest of the reason.
    function dispute(Auth calldata auth, Promise calldata promised, bytes32 salt, Matter matter, bytes32 reason)
        external;

    /// @notice Answers an open dispute, once.
    /// @param auth Answer(Promise promise,bytes32 response,uint256 nonce,uint256 deadline)
    /// @param response Digest of the answer.
    function answer(Auth calldata auth, bytes32 id, bytes32 response, Once calldata once) external;

    /// @notice Decides an open dispute, as its arbiter.
    /// @param auth Rule(Promise promise,bool upheld,bytes32 ruling,uint256 nonce,uint256 deadline)
    /// @param upheld Whether the dispute is right.
    /// @param ruling Digest of the ruling.
    function rule(Auth calldata auth, Promise calldata promised, bool upheld, bytes32 ruling, Once calldata once)
        external;

    /// @notice Records what a company gave for a missed or disputed promise of its own, once. While a dispute is open, it
    /// stays open.
    /// @param auth Remedy(Promise promise,uint8 kind,bytes32 remedy)
    /// @param kind 0 apology, 1 redone, 2 refund, 3 compensation beyond.
    /// @param digest Digest of what was given.
    function remedy(Auth calldata auth, Promise calldata promised, uint8 kind, bytes32 digest) external;

    /// @notice Emits the present head of a company, for statements to cite. Anybody may.
    function checkpoint(address company) external;

    /// @notice Publishes a statement about all that is up to `head`. Anybody may; it succeeds only while `head` is the
    /// company's head, so the chain itself attests that the statement could cover every event up to here.
    function anchor(address company, bytes32 head, bytes32 policy, bytes32 statement) external;

    /// @notice Does each item that can be done, for a relayer: a bad one is reported and spoils no other. An action that
    /// somebody else sent first counts as done, so nobody outside can make it fail by that. An item of several actions
    /// (`multicall`, `makeAll`, `fulfilAll`) is all or nothing, and counts as done only if all were done by it.
    /// @return done For each item, whether its effect is there.
    function tryEach(Item[] calldata items) external returns (bool[] memory done);

    /// @notice The head of a company's hash chain; zero before it registers.
    function headOf(address company) external view returns (bytes32 head);

    /// @notice Where a promise stands.
    function stateOf(bytes32 id) external view returns (State memory state);

    /// @notice What a delegate, by keccak256 of its signer, may do for a company.
    function rightsOf(address company, bytes32 delegate) external view returns (Rights memory rights);

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
