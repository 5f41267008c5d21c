"""`intake site`: compare a live site with this release, sign the settings of its pages, and write files for other checkers."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import httpx2 as httpx
import typer

from crypto import keylist, site_settings
from crypto.digits import plain
from crypto.encoding import as_dict, from_dict
from crypto.errors import CryptoError
from crypto.keylist import KeyList, SignedEntry
from crypto.labels import Label
from intake import settings
from intake.cli import signed_settings, webcat
from intake.cli.clocks import own_day
from intake.cli.consoles import err, out
from intake.cli.errors import CommandError
from intake.cli.escape import escape
from intake.cli.live_site import SECONDS, LiveSite, UnansweredError
from intake.cli.options import LOCAL, AsJson, Handle, PassphraseFile, Server
from intake.cli.signed_in import signed_in
from intake.cli.signed_settings import SignedSettingsError
from intake.cli.site_check import SiteCheck
from intake.cli.site_report import Report
from intake.site import public_settings, release
from intake.site.public_settings import PublicSettings
from intake.site.render import CLIENT, Site

app = typer.Typer(no_args_is_help=True, help="The pages of a site, and whether they are this release's.")
DIFFERS, NOT_ASKED = 1, 3
_FINGERPRINT = 40  # digits
_KEY_LIST = "/api/form/keylist"


@app.command()
def verify(
    address: Annotated[str, typer.Argument(help="The site's address, such as https://help.example.")],
    fingerprint: Annotated[
        str, typer.Option(help="The group's 40 digits, from a poster. A present coordinator must have signed the settings.")
    ] = "",
    release_manifest: Annotated[
        Path | None, typer.Option(help="site.json of the release, to check this installation first.")
    ] = None,
    proxy: Annotated[str, typer.Option(help="HTTP proxy, such as http://127.0.0.1:9080 for Tor's HTTPTunnelPort.")] = "",
    seconds: Annotated[float, typer.Option(min=1, help="Seconds to wait for each answer.")] = SECONDS,
    as_json: AsJson = False,
) -> None:
    """Compare every page, script, style and security header of a live site with this release.

    Example: intake site verify https://help.example

    Exit 0: equal. Exit 1: something differs, and the output says what. Exit 3: the site could not be asked. The command asks as
    several browsers and in all languages. A host can still serve other pages to one person (SECURITY.md, Not guaranteed).
    """
    digits = plain(fingerprint)
    if fingerprint and len(digits) != _FINGERPRINT:
        raise CommandError(f"the fingerprint has {_FINGERPRINT} digits, not {len(digits)}. Nothing was asked")
    _check_installation(release_manifest)
    report = asyncio.run(_compare(LiveSite(address, proxy, seconds), digits))
    if as_json:
        print(json.dumps(report.as_json(), indent=1))
    else:
        _print(report)
    raise typer.Exit(DIFFERS if report.differences else NOT_ASKED if report.unanswered else 0)


@app.command()
def sign(
    server: Server = LOCAL,
    handle: Handle = "",
    passphrase_file: PassphraseFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking.")] = False,
) -> None:
    """Show the settings of the site's pages, and print them signed by you. The operator publishes the output.

    Example: intake site sign --server https://help.example --handle sam > signed-settings.json
    """
    with signed_in(server, handle, passphrase_file) as desk:
        me = desk.me
        response = me.client.get(public_settings.ADDRESS)
        if response.status_code != httpx.codes.OK:
            raise CommandError("the site publishes no settings. Nothing was signed. Upgrade the server first")
        public = public_settings.parse(response.content)
        for line in _in_words(public):
            err.print(line, soft_wrap=True)
        if not yes and not typer.confirm("Are these the settings of your group?", err=True):
            raise CommandError("nothing was signed")
        body = site_settings.Body(
            format=Label.SITE.value,
            group=me.keys.group,
            member=me.id,
            day=me.signing_day,
            head=me.keys.head,
            settings=response.content.decode(),
        )
        print(json.dumps(as_dict(site_settings.sign(body, me.ring.signing_key))))


@app.command()
def manifest() -> None:
    """Print the hash of each file of this release that pages are made of. They are the same for every group.

    Example: intake site manifest > site.json
    """
    print(release.manifest(), end="")


@app.command("webcat")
def webcat_files(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
) -> None:
    """Write the pages of this installation, and the configuration that WEBCAT's own tool needs to sign them.

    Example: intake site webcat /tmp/webcat
    """
    count = webcat.write(Site(settings.read()), folder)
    out.print(f"{count} files are in {folder / webcat.PAGES}, and {folder / webcat.CONFIG} is written.", soft_wrap=True)
    out.print("docs/howto/check-a-site.md says how to sign and enrol them.")


async def _compare(live: LiveSite, digits: str) -> Report:
    check = SiteCheck(live)
    async with live:
        try:
            public = await check.run()
            if public is not None:
                await _check_signature(check, public, digits)
        except UnansweredError as error:
            check.report.unanswered["/"] = str(error)
    return check.report


async def _check_signature(check: SiteCheck, public: PublicSettings, digits: str) -> None:
    """Compare the settings with those that a member signed."""
    report, address = check.report, public_settings.SIGNED_ADDRESS
    keys = await _keys(check, digits)
    answer = await check.answer(address)
    if keys is None or answer is None:
        return
    if answer.status != httpx.codes.OK:
        words = "No coordinator has signed the settings of these pages: the host chose them, with name, phone and questions"
        if digits:
            report.differs(address, words)
        else:
            report.note(words)
        return
    try:
        day = signed_settings.check(answer.body, public, keys, own_day())
    except SignedSettingsError as error:
        report.differs(address, str(error))
        return
    report.note(f"A coordinator signed the settings of these pages on {day}")


async def _keys(check: SiteCheck, digits: str) -> KeyList | None:
    answer = await check.answer(_KEY_LIST)
    if answer is None:
        return None
    try:
        entries = [from_dict(SignedEntry, entry) for entry in json.loads(answer.body)["entries"]]
        if not entries and not digits:
            check.report.note("The form is not open yet: the site has no group")
            return None
        keys = keylist.verify(entries, own_day(), fingerprint=digits or None)
    except CryptoError as error:
        check.report.differs(_KEY_LIST, f"the key list does not verify: {error.reason}")
        return None
    except (ValueError, KeyError, TypeError):
        check.report.differs(_KEY_LIST, "the answer is not a key list")
        return None
    if not digits:
        check.report.note(f"The site shows the group with these check digits. Compare them with a poster: {keys.fingerprint}")
    return keys


def _check_installation(release_manifest: Path | None) -> None:
    if not (CLIENT / "form.js").exists():
        raise CommandError("the browser client is not built. Nothing was asked. Install a release, or run `make run` once")
    if release_manifest is None:
        return
    if wrong := release.differences(release_manifest.read_bytes()):
        raise CommandError(
            f"this installation is not the release of {release_manifest}: {', '.join(wrong[:5])}. Nothing was asked. "
            "Install the release again"
        )


def _print(report: Report) -> None:
    for line in report.lines():
        out.print(escape(line), soft_wrap=True)
    for note in report.notes:
        out.print(note, soft_wrap=True)
    if report.differences:
        sys.stdout.flush()
        out.print(f"{report.address} DIFFERS from release {report.version}.", soft_wrap=True)
    elif report.unanswered:
        out.print(f"{report.address} could not be compared. Try again, and from another network.", soft_wrap=True)
    else:
        out.print(
            f"{report.address} is equal to release {report.version}: {report.answers} answers compared.",
            soft_wrap=True,
        )


def _in_words(public: PublicSettings) -> list[str]:
    """Return the settings for a member to read before signing."""
    plain_names = ("group_name", "colour", "onion", "exit", "phone", "answer_days", "nojs", "assignment", "notices")
    lines = [f"{name:12} {escape(str(getattr(public, name)))}" for name in plain_names]
    lines.append(f"danger       {escape(str(public.danger.number))} {escape(str(dict(public.danger.by_language)))}")
    for form in public.forms:
        lines.append(f"form {escape(form.id)}: {escape(str(form.title))}")
        lines += [f"  - {escape(str(question.text))}" for question in form.questions]
    return lines
