"""`troth keys`, `troth company` and `troth promise`: what companies and customers do with a key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ledger.chain.sending import Prepared, send
from ledger.cli.text import plain_console
from ledger.documents import Document, text_of
from ledger.errors import CannotRead, FileExists, InvalidOffer, NoKey, visible
from ledger.events import Matter
from ledger.files import write_private
from ledger.keys import Key, create_key, open_key, read_password
from ledger.receipts import Receipt, read_receipt
from ledger.services import acting
from ledger.services.acting import Desk, Offer, open_desk
from ledger.settings import Settings
from ledger.units import (
    ZERO_ADDRESS,
    Address,
    digest_of,
    parse_address,
    parse_promise_id,
    parse_time,
    show_address,
    show_hex,
    show_time,
)

DAY_S = 86_400

keys = typer.Typer(help="Make keys.", no_args_is_help=True)
company = typer.Typer(help="What a company does once.", no_args_is_help=True)
promise = typer.Typer(help="Make promises, fulfil them, confirm them.", no_args_is_help=True)

out = plain_console()

Keystore = Annotated[
    Path | None, typer.Option("--keystore", help="Keystore of the account that acts; else TROTH_KEYSTORE.")
]


@keys.command("new")
def new_key(file: Annotated[Path, typer.Argument(help="Where to write the keystore.")]) -> None:
    """Make an account: write its key into a keystore, under a password, and print its address."""
    if file.exists():
        raise FileExists(str(file))
    made = create_key(file, _password(Settings.read(), file, confirm=True))
    say(show_address(made.address))


@company.command()
def register(
    profile: Annotated[Path, typer.Argument(help="The profile, JSON: handle, name, and what docs/protocol.md says.")],
    keystore: Keystore = None,
) -> None:
    """Register a company, which is the account of the key, by publishing its profile; again to publish another."""
    settings = Settings.read()
    desk, key = desk_of(settings), key_of(settings, keystore)
    _send(desk, acting.register(desk, key, _read(profile), str(profile)), f"{show_address(key.address)} is registered")


@promise.command()
def make(
    text: Annotated[str, typer.Argument(help="What is promised, in words that the customer understands.")],
    due: Annotated[str, typer.Option(help="By when: ISO 8601 with offset, such as 2027-03-01T12:00Z.")],
    service: Annotated[str, typer.Option(help="Published name of the kind of service.")],
    customer: Annotated[str | None, typer.Option(help="The customer's address; without it, to the public.")] = None,
    arbiter: Annotated[str | None, typer.Option(help="Address of an independent party that reports and rules.")] = None,
    window_days: Annotated[int, typer.Option(min=1, max=49_710, help="Days in which it may be disputed.")] = 30,
    experience: Annotated[
        int, typer.Option(min=0, max=3, help="0 respond-to-desire, 1 curated, 2 coach, 3 automatic.")
    ] = 0,
    stage: Annotated[int, typer.Option(min=0, max=3, help="0 recognise, 1 request, 2 respond, 3 repeat.")] = 2,
    stakes: Annotated[int, typer.Option(min=0, max=3, help="0 ordinary to 3 critical.")] = 0,
    cohort: Annotated[int, typer.Option(min=0, max=65_535, help="The customer's segment, by the profile's key.")] = 0,
    for_company: Annotated[
        str | None, typer.Option("--company", help="Whom the key's account makes it for, as delegate; else itself.")
    ] = None,
    receipt: Annotated[Path | None, typer.Option(help="Where to write the receipt; else under TROTH_HOME.")] = None,
    keystore: Keystore = None,
) -> None:
    """Make a promise, and write its receipt: the customer needs it to confirm or to dispute."""
    settings = Settings.read()
    due_at = parse_time(due)
    to, by = _address(customer), _address(arbiter)
    principal = _address(for_company)
    desk, key = desk_of(settings), key_of(settings, keystore)
    maker = principal or key.address
    if (database := settings.open_database()).exists:
        with database.read() as reader:
            acting.require_published(reader, maker, service)
    offer = Offer(
        company=maker,
        text=text,
        due_at=due_at,
        dispute_window=window_days * DAY_S,
        customer=to,
        arbiter=by,
        service=service,
        experience=experience,
        stage=stage,
        stakes=stakes,
        cohort=cohort,
    )
    drafted = acting.draft(desk, offer)
    prepared = acting.make(desk, key, drafted)
    # Before it is sent: without its salt, the customer could never confirm or dispute.
    kept = receipt or settings.home / "receipts" / f"{show_hex(drafted.id)}.json"
    write_private(kept, drafted.encode())
    say(f"Receipt, for the customer and for you: {kept}")
    _send(desk, prepared, f"Promise {show_hex(drafted.id)} is made")


@promise.command()
def fulfil(
    promised: Annotated[str, typer.Argument(metavar="RECEIPT|ID", help="The promise's receipt, or its id.")],
    evidence: Annotated[Path | None, typer.Option(help="A file that shows it; its digest goes on chain.")] = None,
    keystore: Keystore = None,
) -> None:
    """Say that a promise was fulfilled, now."""
    settings = Settings.read()
    content = read_bytes(evidence) if evidence else None
    desk = desk_of(settings)
    id_ = parse_promise_id(promised) if promised.startswith("0x") else receipt_of(desk, Path(promised)).id
    shown = Document(digest_of(content), content) if content is not None else None
    key = key_of(settings, keystore)
    _send(desk, acting.fulfil(desk, key, id_, shown), f"Promise {show_hex(id_)} is fulfilled")


@promise.command()
def publish(receipt: Annotated[Path, typer.Argument(help="The promise's receipt.")]) -> None:
    """Show a promise's words on the pages of the gateway that uses this database: they are private until then."""
    settings = Settings.read()
    promised = read_receipt(_read(receipt), str(receipt))
    with settings.open_database().write() as writer:
        acting.publish(writer, promised, str(receipt))
    say(f"The words of promise {show_hex(promised.id)} are published.")


@promise.command()
def confirm(
    receipt: Annotated[Path, typer.Argument(help="The promise's receipt.")],
    rating: Annotated[int, typer.Option(min=0, max=5, help="1 to 5; 0 for none.")] = 0,
    remedy: Annotated[bool, typer.Option("--remedy", help="Confirm what was given for a failure instead.")] = False,
    payer: Annotated[
        Path | None, typer.Option(help="Keystore of an account that sends and pays; the confirmation is signed then.")
    ] = None,
    keystore: Keystore = None,
) -> None:
    """Confirm, as the customer or the arbiter, that a promise was kept as the company said."""
    settings = Settings.read()
    desk = desk_of(settings)
    promised = receipt_of(desk, receipt)
    words = text_of(promised.terms) or "terms without words"
    by, due = show_address(promised.promise.company), show_time(promised.promise.due_at)
    say(f"Promised by {by}, due {due}: {' '.join(visible(words).split())}")
    key = key_of(settings, keystore)
    paying = open_key(payer, _password(settings, payer)) if payer else None
    matter = Matter.REMEDY if remedy else Matter.FULFILMENT
    prepared = acting.confirm(desk, key, promised, matter, rating, paying)
    _send(desk, prepared, f"Promise {show_hex(promised.id)} is confirmed")


def say(words: str) -> None:
    """Prints a sentence, unwrapped."""
    try:
        out.print(words, soft_wrap=True)
    except OSError:
        # A full disk is as little a reason to fail.
        out.on_broken_pipe()


def desk_of(settings: Settings) -> Desk:
    """Where one acts. Raises as `open_desk` does."""
    return open_desk(settings.open_node(), settings.load_deployment())


def _send(desk: Desk, prepared: Prepared, done: str) -> None:
    say(f"Transaction {show_hex(prepared.hash)} …")
    block = send(desk.node, prepared)
    say(f"{done}, in block {block}.")


def _address(text: str | None) -> Address | None:
    if text is None:
        return None
    address = parse_address(text)
    if address == ZERO_ADDRESS:
        raise InvalidOffer(f"{text} is nobody's address", "Leave the option out, or give the address of somebody.")
    return address


def receipt_of(desk: Desk, path: Path) -> Receipt:
    """A receipt of this ledger, from a file. Raises CannotRead, InvalidReceipt."""
    receipt = read_receipt(_read(path), str(path))
    desk.require_own(receipt, str(path))
    return receipt


def key_of(settings: Settings, chosen: Path | None) -> Key:
    """The key of a keystore, the one chosen or else the settings'. Raises NoKey, CannotRead."""
    path = chosen or settings.keystore
    if path is None:
        raise NoKey
    return open_key(path, _password(settings, path))


def _password(settings: Settings, keystore: Path, *, confirm: bool = False) -> str:
    if settings.password_file is not None:
        return read_password(settings.password_file, keystore)
    if not sys.stdin.isatty():
        raise NoKey(str(keystore), "nobody is there to type its password")
    try:
        return str(typer.prompt(f"Password of {keystore}", hide_input=True, confirmation_prompt=confirm, err=True))
    except typer.Abort as error:
        raise NoKey(str(keystore), "no password was typed") from error


def _read(path: Path) -> str:
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise CannotRead(str(path), "it is not text") from error


def read_bytes(path: Path, most: int = -1) -> bytes:
    """A file's content, or so many of its bytes at the most. Raises CannotRead."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise CannotRead(str(path), error.strerror or str(error)) from error
