"""Every error that a user of Troth can meet.

TrothError                  says what is wrong, with which value, and what to do about it
├── InvalidInput            what was given can't be right, whatever the ledger holds
│   ├── InvalidAddress, InvalidPromiseId, InvalidDigest, InvalidPromise, InvalidProfile
│   ├── InvalidQuantity, InvalidData, InvalidTime
│   ├── InvalidReceipt      a receipt that can't be read, or is another ledger's
│   ├── InvalidDocument     what can't be written as canonical JSON
│   ├── InvalidOffer        a promise that nobody could mean
│   ├── InvalidPolicy
│   ├── InvalidBundle       a file of proofs that can't be read
│   ├── InvalidSettings
│   └── InvalidSource       a row of a data source
├── NotFound                well-formed, and not in the ledger
│   ├── UnknownCompany, AmbiguousCompany, UnknownPolicy
│   └── UnknownPromise, UnknownBundle
├── Refused                 the contract does not take an action: one reason for each error of its ABI
├── Unavailable             something that is needed does not answer, or is not there
│   ├── NodeUnreachable, NodeRefused, NodeBehind, QuorumMissing, GatewayFailed
│   ├── NeedsNodes, NeedsRecord, NotChecked
│   ├── BlockNotIndexed, BlockNotThere
│   ├── BlockGone           the last block indexed, where it was not final
│   ├── BlockGivenUp        a block that something was said of, and that the chain does not have
│   ├── TransactionFailed, TransactionPending, InsufficientFunds, FeeTooHigh
│   ├── NoKey               a keystore that can't be opened
│   ├── FileExists, CannotWrite, CannotRead
│   ├── NoDeployment, NoDatabase, NotIndexed, IndexBusy, IndexBehind
│   ├── HourTurned          an anchor that came too late for its statement
│   ├── HistoryTooLong      for one bundle
│   ├── ProverBusy          other proofs are being made
│   ├── MissingTool, PortBusy, HomeInUse, DeployFailed
│   └── UnusableChain       a saved local chain that can't be gone on from
└── Contradiction           two things that must agree do not: trust neither before it is settled
    ├── InvalidProof        what is said to prove something does not
    ├── WrongChain, NoContract, WrongCode, MalformedLog, LogsMissing
    ├── BrokenLink, HeadMismatch, ChainDiverged, NodesDisagree, RowsDiffer
    └── ForeignDatabase
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class TrothError(Exception):
    """The root. `what` is a sentence with the offending value; `remedy` is a sentence that says what to do.

    Both are shown as `visible` leaves them.
    """

    def __init__(self, what: str, remedy: str) -> None:
        self.what = visible(what)
        self.remedy = visible(remedy)
        super().__init__(f"{self.what} {self.remedy}")


def visible(text: str) -> str:
    """A text without what can't be seen: words of others, from nodes and files, may move a terminal's cursor."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


class InvalidInput(TrothError):
    """What was given can't be right, whatever the ledger holds."""


class InvalidAddress(InvalidInput):
    """Not an account's address."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"{value!r} is not an address.",
            "Give 0x and 40 hexadecimal digits, all in one case or with a right EIP-55 checksum.",
        )


class InvalidPromiseId(InvalidInput):
    """Not the id of any promise."""

    def __init__(self, value: str) -> None:
        super().__init__(f"{value!r} is not a promise's id.", "Give 0x and 64 hexadecimal digits.")


class InvalidDigest(InvalidInput):
    """Not a 32-byte digest."""

    def __init__(self, value: str) -> None:
        super().__init__(f"{value!r} is not a digest.", "Give 0x and 64 hexadecimal digits.")


class InvalidQuantity(InvalidInput):
    """Not a quantity as JSON-RPC writes it, or one that no chain has."""

    def __init__(self, value: str) -> None:
        super().__init__(f"{value!r} is not a quantity.", "It must be 0x and hexadecimal digits, below 2^63.")


class InvalidData(InvalidInput):
    """Not data as JSON-RPC writes it."""

    def __init__(self, value: str) -> None:
        super().__init__(f"{value!r} is not data.", "It must be 0x and an even number of hexadecimal digits.")


class InvalidTime(InvalidInput):
    """Not a moment."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"{value!r} is not a time.",
            "Give date, time and offset, such as 2027-03-01T12:00Z or 2027-03-01T12:00+01:00.",
        )


class InvalidReceipt(InvalidInput):
    """A receipt that can't be read, whose parts don't agree, or that another ledger's promise is on."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"The receipt {where} can't be used: {why}.",
            "Take the file as `troth promise make` wrote it, and set TROTH_RPC_URL and TROTH_DEPLOYMENT to those of its"
            " ledger.",
        )


class InvalidOffer(InvalidInput):
    """A promise that the contract would take, and nobody could mean."""

    def __init__(self, why: str, remedy: str = "Mend it, and promise again.") -> None:
        super().__init__(f"This can't be promised: {why}.", f"Nothing was sent. {remedy}")


class InvalidDocument(InvalidInput):
    """What can't be written as canonical JSON (RFC 8785)."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"This can't be written as canonical JSON: {why}.",
            "Give text in UTF-8, and numbers that every program reads alike: integers up to 2^53.",
        )


class InvalidPromise(InvalidInput):
    """A promise with a value that its field can't hold."""

    def __init__(self, field: str, kind: str, value: object) -> None:
        super().__init__(
            f"The promise's {field} can't be {value!r}: it is a {kind}.", "See docs/protocol.md for what it holds."
        )


class InvalidProfile(InvalidInput):
    """A profile document that can't be read, or is not what its digest says."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"The profile at {where} can't be used: {why}.", "Register a profile as docs/protocol.md says."
        )


class InvalidBundle(InvalidInput):
    """A file that is no bundle, whole and of a version that is known."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The bundle can't be read: {why}.", "Take the file as it was written, or ask for it again.")


class InvalidPolicy(InvalidInput):
    """A policy that does not have the form that the scores need."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(
            f"The policy {where} can't be used: {why}.",
            "Mend it, or take ledger/scoring/policies/standard.json as a model.",
        )


class InvalidSettings(InvalidInput):
    """A setting that is malformed."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The settings can't be used: {why}.", "Set the variable named, or unset it for its default.")


class InvalidSource(InvalidInput):
    """A row of a data source that can't be read as a promise."""

    def __init__(self, source: str, row: int, why: str) -> None:
        super().__init__(f"{source}, row {row}: {why}.", "Nothing was sent. Mend the row, or leave it out.")


class NotFound(TrothError):
    """Well-formed, and not in the ledger as far as it is indexed."""


class UnknownCompany(NotFound):
    """No company has registered under this address or handle."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"No company {value!r} is in this ledger.",
            "See the directory, the gateway's first page (/), for those that are; one that registered in the last"
            " minutes may still be on its way.",
        )


class UnknownPolicy(NotFound):
    """Something is said under a policy that is not at hand."""

    def __init__(self, policy: str) -> None:
        super().__init__(
            f"The policy {policy} is not known here, so what was said under it could not be computed.",
            "Get its file from whoever uses it, read it, and give it as TROTH_POLICY.",
        )


class UnknownBundle(NotFound):
    """No bundle with this name is kept here."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"No bundle {name} is kept here.",
            "Look at the company's anchors for those that there are, or ask for its present bundle.",
        )


class AmbiguousCompany(NotFound):
    """Several companies call themselves so: a handle is only a claim."""

    def __init__(self, value: str, addresses: list[str]) -> None:
        super().__init__(
            f"{len(addresses)} companies call themselves {value!r}: {', '.join(addresses)}.",
            "Give the address of the one you mean.",
        )


class UnknownPromise(NotFound):
    """No promise with this id was made."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"No promise {value} is in this ledger.",
            "Compare the id with your receipt; a promise of the last minutes may still be on its way.",
        )


REFUSALS: dict[str, tuple[str, str]] = {
    "NotRegistered": (
        "The company {company} has not registered.",
        "Register it first: `troth company register PROFILE`.",
    ),
    "NotTheCompany": (
        "{actor} may not do this for the company {company}.",
        "Use the company's own key, or one that it appointed for this and whose time has not run out.",
    ),
    "NotTheCounterparty": (
        "{actor} is not the party of promise {id} that may do this.",
        "Use the key that the promise was made to, with the receipt's own salt, or its arbiter's.",
    ),
    "InvalidSignature": (
        "The signature is not {signer}'s over this action on this chain and contract.",
        "Sign again, for the ledger that it is sent to.",
    ),
    "Expired": ("The signature was good until {deadline}, and the block's time is {blockTime}.", "Sign again."),
    "NonceUsed": (
        "{actor} has used the nonce {nonce} before.",
        "The action is done already; for another one, sign with another nonce.",
    ),
    "AlreadyDone": ("Promise {id} is {status} already.", "Nothing is left to do."),
    "WrongStatus": (
        "Promise {id} is {status}: this can't be done from there.",
        "Compare the id with the receipt. What can be done from where is in docs/protocol.md, under Its life.",
    ),
    "NotYetMissed": (
        "Promise {id} is due at {dueAt}, and the block's time is {blockTime}: it is not missed.",
        "Wait until it is.",
    ),
    "AlreadyMissed": (
        "Promise {id} was due at {dueAt}, and the block's time is {blockTime}: a missed promise stays missed.",
        "Fulfil it late, or remedy it.",
    ),
    "WindowClosed": (
        "Promise {id} could be disputed until {end}, and the block's time is {blockTime}.",
        "The ledger takes no dispute after that.",
    ),
    "DueInThePast": (
        "The promise would be due at {dueAt}, and the block's time is {blockTime}.",
        "Promise for a later time.",
    ),
    "DisputeWindowTooShort": (
        "The promise could be disputed for {disputeWindow} s, less than {minimum} s.",
        "Give a longer window.",
    ),
    "ArbiterIsCompany": ("The company {company} can't be its own arbiter.", "Name another, or none."),
    "Uncontestable": (
        "Promise {id} has neither customer nor arbiter: nobody could contest it.",
        "Name the customer, or an arbiter, or both.",
    ),
    "CodeOutOfRange": (
        "Stakes, experience or stage is above 3 (schedule {schedule}, labels {labels}).",
        "See docs/protocol.md for what they mean.",
    ),
    "PartiesDiffer": (
        "Promise {successor} has another company, customer or arbiter than {id}, which it would replace.",
        "Amend nothing but what is promised.",
    ),
    "RatingOutOfRange": ("{rating} is no rating.", "Rate from 1 to 5, or give 0 for none."),
    "KindOutOfRange": ("{kind} is no kind of remedy.", "See docs/protocol.md for the four."),
    "NotTheHead": (
        "{given} is not the head of {company}: that is {head}.",
        "Read the company's history to its end, and anchor again.",
    ),
    "NotEnoughGas": (
        "Item {index} may use {gasLimit} gas, more than the batch has left.",
        "Give the transaction more gas, or send fewer items.",
    ),
    "Nested": ("A `tryEach` stands in another.", "Send their items side by side, in one."),
    "AddressEmptyCode": ("There is no code at {target}.", "Check the ledger's address."),
    "FailedCall": ("A call failed without a reason.", "Check the calldata of the batch's items."),
}
"""For each error of the contract's ABI, by its name: what it says, with the error's own values, and what to do."""


class Refused(TrothError):
    """The contract does not take an action. `name` is its error's, and `values` what that says, as text."""

    def __init__(self, name: str, values: dict[str, str]) -> None:
        what, remedy = REFUSALS[name]
        super().__init__(what.format(**values), remedy)
        self.name = name
        self.values = values

    def naming(self, names: Mapping[str, str]) -> Refused:
        """The same, with some of its values in other words."""
        return Refused(self.name, {key: names.get(value, value) for key, value in self.values.items()})


class Unavailable(TrothError):
    """Something that is needed does not answer, or is not there."""


class NodeUnreachable(Unavailable):
    """The Ethereum node did not answer."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"No Ethereum node answers at {url} ({why}).", "Start it, or set TROTH_RPC_URL to one that runs."
        )
        self.url = url


class QuorumMissing(Unavailable):
    """Not as many nodes answer as have to agree."""

    def __init__(self, quorum: int, nodes: int) -> None:
        super().__init__(
            f"Of the {nodes} nodes in TROTH_RPC_URL, fewer than {quorum} give the same, as TROTH_QUORUM={quorum} asks.",
            "Wait for those that fail or are behind, or set TROTH_RPC_URL to more.",
        )


class NodeRefused(Unavailable):
    """The node answered a request with an error: `why`, in its words. `data` is what a contract said, where it was one
    that refused.
    """

    def __init__(self, url: str, method: str, why: str, data: object = None) -> None:
        super().__init__(
            f"The node at {url} refused {method}: {why}.", "Try again, or set TROTH_RPC_URL to another node."
        )
        self.url = url
        self.why = why
        self.data = data


class NeedsNodes(Unavailable):
    """A file that can be checked by nodes only, where a block's hash was given."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"{file} is no bundle: a block's hash is not enough to check it.",
            "Leave --block-hash out, to check it by your nodes, or ask whoever gave it for a bundle.",
        )


class NeedsRecord(Unavailable):
    """Where the ledger begins is in no record, and the node can't tell."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"The node at {url} has no old states, by which the ledger's first block would be found: {why}.",
            "Set TROTH_DEPLOYMENT to the path of the ledger's deployment record, or give an archive node.",
        )


class NotChecked(Unavailable):
    """Something that was said could be neither confirmed nor refuted."""

    def __init__(self, said: str, why: str) -> None:
        super().__init__(f"{said}: {why}.", "Mend that, and try again; until then, it is not known.")


class GatewayFailed(Unavailable):
    """A gateway, or a webhook, does not give or take what it should."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}.", "Look whether it runs, and whether its URL is right; then try again.")


class TransactionFailed(Unavailable):
    """A transaction was mined and reverted, or was never mined."""

    def __init__(self, transaction: str, why: str) -> None:
        super().__init__(
            f"Transaction {transaction} did not succeed: {why}.", "What it would have recorded is not there."
        )


class TransactionPending(Unavailable):
    """Nobody knows yet whether a transaction that was sent is, or will be, in a block."""

    def __init__(self, transaction: str, why: str) -> None:
        super().__init__(
            f"Transaction {transaction} was sent, and is in no block that we know of: {why}.",
            "It may still get there. Run `troth index`, and look at the promise's page or the company's, or for the"
            " transaction in an explorer, before you do the same again.",
        )


class NodeBehind(Unavailable):
    """The node's chain is shorter than what was indexed of it."""

    def __init__(self, url: str, latest: int, indexed: int) -> None:
        super().__init__(
            f"The node at {url} is at block {latest}, and the database at block {indexed}.",
            "Wait for the node. If its chain was started anew, as a local one may be, `troth index --from-scratch`.",
        )
        self.url = url


class BlockGone(Unavailable):
    """The chain has given up the last block indexed, as it may: it was not final."""

    def __init__(self, url: str, block: int) -> None:
        super().__init__(
            f"By the node at {url}, the chain has given up block {block}, up to which the database goes.",
            "It was not final. Run `troth index`, which undoes what stood on it, and look again.",
        )
        self.url = url


class BlockGivenUp(Unavailable):
    """Something was said of a block that the chain does not have, as may be so without a lie: it gives blocks up.

    `known` says whether a node still has that block.
    """

    def __init__(self, number: int, hash_: str, theirs: str, known: bool) -> None:
        gave = "the chain gave up" if known else "the chain gave up, or never had: no node that was asked has it"
        super().__init__(
            f"It is as of block {number} with the hash {hash_}, which {gave}. The chain's has the hash {theirs}.",
            "Ask whoever said it again: what stood on a block that the chain gave up, the chain can't tell.",
        )


class StateGone(Unavailable):
    """The node does not say what the contract held after a block."""

    def __init__(self, url: str, block: int, why: str) -> None:
        super().__init__(
            f"The node at {url} can't tell the contract's heads at block {block}, where the database is: {why}",
            "Bring the database up to the latest block with `troth index`, or set TROTH_RPC_URL to an archive node."
            " All else was looked over, and is well.",
        )


class InsufficientFunds(Unavailable):
    """An account can't pay for a transaction."""

    def __init__(self, address: str, has: int, needs: int) -> None:
        super().__init__(
            f"The account {address} has {has} wei, and the transaction may cost {needs}.",
            "Nothing was sent. Give it ether of this chain, or let another account pay.",
        )


class FeeTooHigh(Unavailable):
    """A transaction that may cost more than any of ours is worth: a node that asks for it is mistaken, or lies."""

    def __init__(self, needs: int, cap: int) -> None:
        super().__init__(
            f"By what the node says of fees, the transaction may cost {needs} wei, more than {cap}.",
            "Nothing was sent. Try again when gas costs less, or set TROTH_RPC_URL to another node.",
        )


class NoKey(Unavailable):
    """A keystore that can't be opened."""

    def __init__(self, path: str = "", why: str = "") -> None:
        super().__init__(
            f"The keystore {path} can't be opened: {why}." if path else "No keystore was named.",
            "Set TROTH_KEYSTORE, or give --keystore, the path of one (`troth keys new FILE` writes one), and"
            " TROTH_PASSWORD_FILE, where nobody types the password, a file that holds it.",
        )


class FileExists(Unavailable):
    """A file that would be overwritten."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is there already.", "It was left as it is. Give another path.")


class CannotWrite(Unavailable):
    """A file that can't be written."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} can't be written: {why}.", "Nothing was sent. Give a path that you may write.")


class CannotRead(Unavailable):
    """A file that can't be read."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"{path} can't be read: {why}.", "Nothing was sent. Give the path of a file that you may read."
        )


class NoDeployment(Unavailable):
    """There is no deployment record, or it can't be read."""

    def __init__(self, path: str, why: str, found: Sequence[str] = ()) -> None:
        there = f" ({' or '.join(found)})" if found else ""
        super().__init__(
            f"No deployment record can be read at {path}: {why}.",
            f"Set TROTH_DEPLOYMENT to a record's path{there}, or run `ape run deploy`, which writes one.",
        )


class NoDatabase(Unavailable):
    """The database can't be opened."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"The database {url} can't be used: {why}.",
            "Check TROTH_HOME, TROTH_DATABASE, and that you may write the file and its folder; reading needs that too.",
        )


class IndexBusy(Unavailable):
    """Another indexer works on the same database."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"Another `troth index` works on the database {url}.",
            "Let it work, or stop it; two would be in each other's way.",
        )


class BlockNotIndexed(Unavailable):
    """A score was asked for as of a block that the index has not reached."""

    def __init__(self, number: int, reached: int) -> None:
        super().__init__(
            f"Block {number} is not indexed: the index has reached block {reached}.",
            "Name an earlier block, or run `troth index` first.",
        )


class BlockNotThere(Unavailable):
    """Something is to be looked at as of a block that the chain does not have yet, as far as nodes say."""

    def __init__(self, number: int, latest: int) -> None:
        super().__init__(
            f"Block {number} is not on the chain yet: its latest, by the nodes, is block {latest}.",
            "Name that one or an earlier one, or wait until the chain has come so far.",
        )


class IndexBehind(Unavailable):
    """A company has done what the index does not have yet."""

    def __init__(self, company: str, block: int) -> None:
        super().__init__(
            f"The head of {company} as of block {block} is not the one that is indexed.",
            "Run `troth index`, or keep `troth index --follow` running, and try again.",
        )


class ProverBusy(Unavailable):
    """Other proofs are being made."""

    def __init__(self, company: str) -> None:
        super().__init__(
            f"The proof about {company} has to wait for others, or for the node, which takes long.",
            "Try again in a minute.",
        )


class HistoryTooLong(Unavailable):
    """A company has done more than one bundle holds."""

    def __init__(self, company: str, events: int, most: int) -> None:
        super().__init__(
            f"The {events:,} events of {company} do not fit into one bundle, of {most:,} bytes.",
            "`troth audit` checks the company straight from nodes, whatever it has done.",
        )


class HourTurned(Unavailable):
    """An anchor stands in a block of another hour than its statement judges promises at."""

    def __init__(self, block: int) -> None:
        super().__init__(
            f"The anchor was included in block {block}, after the hour had turned or the company had acted, so its"
            " statement is as of another time than it has to be.",
            "Anchor again.",
        )


class NotIndexed(Unavailable):
    """The database holds no ledger yet."""

    def __init__(self, url: str) -> None:
        super().__init__(f"The database {url} holds no ledger yet.", "Run `troth index` first.")


class MissingTool(Unavailable):
    """A program that is needed is not installed."""

    def __init__(self, name: str, remedy: str) -> None:
        super().__init__(f"{name} was not found.", remedy)


class PortBusy(Unavailable):
    """Another program listens where we want to."""

    def __init__(self, host: str, port: int, option: str) -> None:
        super().__init__(
            f"Port {port} of {host} is in use by another program.",
            "Stop that program (but on Linux, a demo that was killed leaves its anvil running), or choose a port by"
            f" {option}.",
        )


class HomeInUse(Unavailable):
    """Another demo works in the same folder."""

    def __init__(self, home: str) -> None:
        super().__init__(f"Another demo is running in {home}.", "Stop it, or set TROTH_HOME to another folder.")


class DeployFailed(Unavailable):
    """Ape did not deploy the contract."""

    def __init__(self, output: str) -> None:
        super().__init__(f"The contract was not deployed: {output}", "Run `ape run deploy` by hand to see more.")


class UnusableChain(Unavailable):
    """A saved local chain that anvil can't go on from."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"The chain saved in {path} can't be used: {why}.", "Delete it, and load it again.")


class Contradiction(TrothError):
    """Two things that must agree do not."""

    blamed = False
    """Whether the node whose answer it was is known, and left alone already."""


class InvalidProof(Contradiction):
    """What is said to prove something does not."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"The proof does not hold: {why}.", "Ask whoever gave it for another, and trust neither before."
        )


class WrongChain(Contradiction):
    """The node serves another chain than the one the ledger is on."""

    def __init__(self, url: str, expected: str, actual: str) -> None:
        super().__init__(
            f"The node at {url} serves chain {actual}, but the ledger was deployed on {expected}.",
            "Set TROTH_RPC_URL to a node of that chain, or TROTH_DEPLOYMENT to this chain's record.",
        )


class NoContract(Contradiction):
    """The chain has no code at the contract's address."""

    def __init__(self, url: str, address: str) -> None:
        super().__init__(
            f"There is no contract at {address} on the chain that the node at {url} serves.",
            "Set TROTH_RPC_URL to a node of the ledger's chain (a demo prints its own), or TROTH_DEPLOYMENT to the"
            " record of this one.",
        )


class WrongCode(Contradiction):
    """The code at the contract's address is not ours."""

    def __init__(self, address: str, expected: str, actual: str) -> None:
        super().__init__(
            f"The code at {address} has the hash {actual}, not the ledger's {expected}.",
            "Do not use this contract. Check the address in the deployment record, or deploy with `ape run deploy`.",
        )


class MalformedLog(Contradiction):
    """A log that our contract can't have emitted."""

    def __init__(self, block: int, index: int, why: str) -> None:
        super().__init__(
            f"Log {index} of block {block} can't come from the ledger: {why}.",
            "The node serves false data, or the address is not the ledger's. Use another node.",
        )
        self.index = index
        self.why = why


class LogsMissing(Contradiction):
    """A node gives no logs of a block in whose receipts it has some."""

    def __init__(self, url: str, block: int) -> None:
        super().__init__(
            f"The node at {url} gives no logs of the ledger in block {block}, and its receipts have some.",
            "The node leaves events out. Use another node.",
        )


class BrokenLink(Contradiction):
    """An event does not continue its company's chain: an event is missing, doubled, changed or out of order."""

    def __init__(self, company: str, block: int, index: int) -> None:
        super().__init__(
            f"Log {index} of block {block} does not continue the history of {company}.",
            "The node left an event out or changed one, now or before; what may be wrong was forgotten. Run again, and"
            " with another node if it happens again.",
        )
        self.company = company
        self.index = index


class HeadMismatch(Contradiction):
    """A company's replayed history does not end where the contract says."""

    def __init__(self, company: str, replayed: str, on_chain: str, block: int) -> None:
        super().__init__(
            f"The history of {company} replays to {replayed}, but the contract's head at block {block} is {on_chain}.",
            "The node left events out; what may be wrong was forgotten. Run again, and with another node if it happens"
            " again.",
        )
        self.company = company


class ChainDiverged(Contradiction):
    """The chain no longer has a block that we have indexed."""

    def __init__(self, block: int, ours: str, theirs: str) -> None:
        super().__init__(
            f"Block {block} was {ours} when it was indexed, and is {theirs} now: the chain was reorganised.",
            "What was final was given up, or the node serves another chain. Compare the block with an explorer or"
            " another node; if the node is right, `troth index --from-scratch`.",
        )


class NodesDisagree(Contradiction):
    """Nodes that were asked for the same part of the log gave different ones."""

    def __init__(self, one: str, other: str, first: int, last: int) -> None:
        super().__init__(
            f"The nodes at {one} and {other} have different logs in blocks {first} to {last}.",
            "One of them leaves events out or makes them up. Set TROTH_RPC_URL to others, and see which two agree.",
        )


class LogDiffers(Contradiction):
    """The log in the database is not the chain's."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"The log in the database {url} is not the chain's. {why}",
            "Somebody changed it, or a node left events out: `troth index --from-scratch`, from nodes that you trust.",
        )


class RowsDiffer(Contradiction):
    """What the database says of companies, promises or scores does not follow from its log."""

    def __init__(self, url: str, what: str) -> None:
        super().__init__(
            f"The database {url} has {what} otherwise than its log gives.",
            "Somebody changed it, or this program has a fault: `troth index --from-scratch`.",
        )


class ForeignDatabase(Contradiction):
    """The database holds another deployment's ledger."""

    def __init__(self, url: str, theirs: str, ours: str) -> None:
        super().__init__(
            f"The database {url} holds the ledger {theirs}, not {ours}.",
            "Set TROTH_DATABASE to this ledger's database, or to a new file.",
        )
