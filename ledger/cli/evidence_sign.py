"""`ledger evidence sign|verify`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.cli.common import add_json, add_now, describe, print_json, print_text, today, wrapped
from ledger.errors import Exit

if TYPE_CHECKING:
    from datetime import date

    from securesystemslib.signer import Key

    from ledger.core.project import Project

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_sign(commands: Commands) -> None:
    """Add `ledger evidence sign`."""
    parser = commands.add_parser("sign", help="sign the records of runs")
    describe(
        parser,
        "Sign the records of runs: each goes, as it is, into a DSSE envelope beside it,\n"
        "RECORD without .json and with .intoto.jsonl. Of a folder every record below it.\n\n"
        "FILE is a private key in PEM, Ed25519 or ECDSA, that nobody else can read.\n"
        "It is never shown.",
        "ledger evidence sign .ledger/runs/page.json --key key.pem",
        "ledger evidence sign .ledger/runs --key key.pem",
        "openssl genpkey -algorithm ed25519 -out key.pem",
        "openssl pkey -in key.pem -pubout -out public.pem",
    )
    parser.add_argument(
        "records", metavar="RECORD", nargs="+", type=Path, help="record, or a folder"
    )
    parser.add_argument("--key", metavar="FILE", type=Path, required=True, help="private key")
    add_json(parser)
    parser.set_defaults(run=_sign)


def add_verify(commands: Commands) -> None:
    """Add `ledger evidence verify`."""
    parser = commands.add_parser("verify", help="say what signed records are worth")
    describe(
        parser,
        "Say whether signed records bear the signature of a key, and prove that the pages\n"
        "here work as they are written: every block passed, and none is stale by the\n"
        "rules of ledger evidence show. Needs no network. The exit code is 1 if one is\n"
        "refused.",
        "ledger evidence verify .ledger/runs/page.intoto.jsonl --key public.pem",
        'ledger evidence verify . --key public.pem --commit "$(git rev-parse HEAD)"',
    )
    parser.add_argument("files", metavar="SIGNED", nargs="+", type=Path, help="file, or a folder")
    parser.add_argument("--key", metavar="FILE", type=Path, required=True, help="public key")
    parser.add_argument(
        "--commit", metavar="SHA", default="", help="what must have been checked out, unchanged"
    )
    add_now(parser)
    add_json(parser)
    parser.set_defaults(run=_verify)


def _sign(args: argparse.Namespace) -> None:
    from ledger.core.files import write_atomic
    from ledger.core.project import Project
    from ledger.verify.attested import read_told
    from ledger.verify.signature import SUFFIX, files, load_signer, read, sign

    project, signed = Project.here(), []
    signer = load_signer(args.key)
    for record in files(args.records, ".json"):
        data = read(record)
        told = read_told(data, str(record))
        file = record.with_suffix(SUFFIX)
        write_atomic(file, sign(data, signer))
        names = {"record": project.relative(record), "file": project.relative(file)}
        signed.append({**names, "page": told.page})
    if args.json:
        print_json("evidence-sign", key=signer.public_key.keyid, signed=signed)
    else:
        print_text("".join(f"{one['file']}  {one['page']}\n" for one in signed))


def _verify(args: argparse.Namespace) -> Exit:
    from ledger.core.project import Project
    from ledger.verify.signature import SUFFIX, files, load_public

    project, now, key = Project.here(), today(args), load_public(args.key)
    found = [_look(project, file, key, args.commit, now) for file in files(args.files, SUFFIX)]
    if args.json:
        print_json("evidence-verify", key=key.keyid, day=now.isoformat(), files=found)
    else:
        print_text("".join(f"{line}\n" for one in found for line in _lines(one)))
    return Exit.DONE if all(one["holds"] for one in found) else Exit.FOUND


def _look(project: Project, file: Path, key: Key, commit: str, now: date) -> dict[str, Any]:
    from ledger.errors import PageError, SignatureError
    from ledger.verify.attested import doubts, read_told
    from ledger.verify.signature import read, unseal

    told, why = None, []
    try:
        told = read_told(unseal(read(file), key), str(file))
        why = list(doubts(project, told, now, commit))
    except (SignatureError, PageError) as error:
        why = [error.what]
    return {
        "file": project.relative(file),
        "holds": not why,
        "page": told and told.page,
        "variant": told.variant if told else "",
        "commit": told.commit if told else "",
        "finished": told and told.finished.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "why": why,
    }


def _lines(one: dict[str, Any]) -> list[str]:
    page = f"{one['page']}@{one['variant']}" if one["variant"] else one["page"]
    told = f"{page}, run of {one['finished']}" if page else "nothing of it can be believed"
    told += f" at {one['commit'][:12]}" if one["commit"] else ""
    lines = wrapped(f"{'proved' if one['holds'] else 'REFUSED'}  ", f"{one['file']}: {told}")
    return lines + [line for why in one["why"] for line in wrapped("  why     ", why)]
