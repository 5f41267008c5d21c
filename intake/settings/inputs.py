"""Each setting: how its text is parsed, its default and its meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator
from pydantic_core import PydanticCustomError

from intake import phones
from intake.errors import SettingsError
from intake.phones import DangerPhones
from intake.settings import folders, parse
from intake.settings.database_url import parse as parse_database_url
from intake.settings.values import Assignment, LogFormat
from intake.web.origin import parse as parse_origin
from intake.web.origin import parse_onion
from retention.policy import HARD_MAXIMUM

_MIB = 100_000_000  # 100 TB; the largest quota


def parsed_by(parser: Callable[[str], Any]) -> PlainValidator:
    """Return a validator that reports the parser's own message, so that pydantic collects the errors of all settings."""

    def validate(text: str) -> Any:
        try:
            return parser(text)
        except SettingsError as error:
            raise PydanticCustomError("setting", "{words}", {"words": str(error)}) from None

    return PlainValidator(validate)


def default(text: str, meaning: str) -> Any:
    """Return a field whose default is a text, which the field's validator parses like any other."""
    return Field(text, description=meaning)


class Inputs(BaseModel):
    """The settings as an operator writes them. Every default and every value is text until it is parsed here."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True)

    data: Annotated[Path, parsed_by(folders.data)] = default(
        "", "folder of the store and the server's own secrets; empty: var in a clone, the account's folder of data otherwise"
    )
    key_store: Annotated[Path, parsed_by(folders.key_store)] = default(
        "",
        "folder of the deletion keys, outside the data folder, never backed up; "
        "empty: key-store in a clone, the account's folder of state otherwise",
    )
    key_store_mirrors: Annotated[tuple[Path, ...], parsed_by(parse.folders)] = default(
        "", "more folders of the deletion keys, on other disks, separated by :"
    )
    database_url: Annotated[str, parsed_by(parse_database_url)] = default(
        "", "a PostgreSQL store, postgresql://user@host/name; empty: SQLite in the data folder"
    )
    pkcs11_module: Annotated[str, parsed_by(str)] = default(
        "", "library of a PKCS#11 token that stores the deletion keys instead of the folder"
    )
    pkcs11_token: Annotated[str, parsed_by(str)] = default("", "label of the PKCS#11 token")
    pkcs11_pin_file: Annotated[Path | None, parsed_by(parse.optional_path)] = default("", "file with the PKCS#11 token's PIN")
    host: Annotated[str, parsed_by(str)] = default("127.0.0.1", "address to listen on")
    port: Annotated[int, parsed_by(parse.number("INTAKE_PORT"))] = default("8000", "port to listen on; 0 chooses a free one")
    origin: Annotated[str, parsed_by(lambda text: parse_origin("INTAKE_ORIGIN", text))] = default(
        "", "public address, such as https://help.example; empty: the address listened on"
    )
    group_name: Annotated[str, parsed_by(str)] = default("Mutual aid group", "name of the group on the pages")
    colour: Annotated[str, parsed_by(parse.colour)] = default("#14532d", "the group's colour on the pages, as #rrggbb")
    logo: Annotated[Path | None, parsed_by(parse.logo)] = default(
        "", "the group's logo, an SVG or PNG file of at most 20,000 bytes; empty: a plain logo"
    )
    onion: Annotated[str, parsed_by(parse_onion)] = default(
        "", "onion address of the same service, for posters, such as http://….onion"
    )
    exit: Annotated[str, parsed_by(parse.exit_address)] = default(
        "https://{language}.wikipedia.org/",
        "address that the quick exit opens; {language} is Wikipedia's code of the language",
    )
    answer_days: Annotated[int, parsed_by(parse.number("INTAKE_ANSWER_DAYS", least=1))] = default(
        "3", "days within which a coordinator usually reads a request, as the pages say"
    )
    danger_phone: Annotated[DangerPhones, parsed_by(phones.parse)] = default(
        "", "number to call in danger, for all languages or some (112; es=+34 900 000 000), or off"
    )
    phone: Annotated[str, parsed_by(str.strip)] = default(
        "", "the group's phone number, which the pages show when the server can take no more requests"
    )
    signed_settings: Annotated[Path | None, parsed_by(parse.optional_path)] = default(
        "", "file from `intake site sign`, which the site publishes at /settings.signed.json; empty: none"
    )
    security_contact: Annotated[str, parsed_by(parse.contact)] = default(
        "", "where to report a weakness, mailto:… or https://…, for /.well-known/security.txt"
    )
    quota_mib: Annotated[int, parsed_by(parse.number("INTAKE_QUOTA_MIB", _MIB, 1))] = default(
        "10000", "MiB that the store may use; when it is full, requests are refused"
    )
    quota_day_mib: Annotated[int, parsed_by(parse.number("INTAKE_QUOTA_DAY_MIB", _MIB, 1))] = default(
        "1000", "MiB that may be stored in one day; a request uses 1 at most, and most use a thirtieth"
    )
    proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], parsed_by(parse.networks)] = default(
        "",
        "proxies in front, as networks separated by commas (10.0.0.5/32); only their X-Forwarded-For is read",
    )
    nojs: Annotated[bool, parsed_by(parse.switch("INTAKE_NOJS"))] = default(
        "on", "pages without JavaScript, where the server encrypts requests: on or off"
    )
    assignment: Annotated[Assignment, parsed_by(parse.choice("INTAKE_ASSIGNMENT", Assignment))] = default(
        "fewest",
        "how coordinators are chosen: fewest, duty, language, desk (the last two tell the server why they fit)",
    )
    notice_minutes: Annotated[int, parsed_by(parse.number("INTAKE_NOTICE_MINUTES"))] = default(
        "60", "minutes between notices to coordinators; 0: no notices"
    )
    reminder_hour: Annotated[int, parsed_by(parse.number("INTAKE_REMINDER_HOUR", 23))] = default(
        "7", "hour (UTC) from which the daily reminder is sent to coordinators who want it"
    )
    notice_kinds: Annotated[tuple[str, ...], parsed_by(parse.kinds)] = default(
        "mailtos,ntfys,matrixs,signals,gotifys,tgram",
        "kinds of service that notices may be sent to (docs/howto/send-notices.md)",
    )
    notice_hosts: Annotated[tuple[str, ...], parsed_by(parse.hosts)] = default(
        "",
        "hosts that notices may be sent to, separated by commas; empty: any public host, never a private address",
    )
    backup_to: Annotated[tuple[str, ...], parsed_by(parse.parts)] = default(
        "", "age recipients of backups, or files of them, separated by commas"
    )
    backup_file: Annotated[Path | None, parsed_by(parse.optional_path)] = default(
        "", "file for a backup after each key renewal and each decision of the group"
    )
    forms: Annotated[Path | None, parsed_by(parse.optional_path)] = default(
        "", "folder of form files, or one file; they set when requests are deleted; empty: the samples"
    )
    maximum_days: Annotated[int, parsed_by(parse.number("INTAKE_MAXIMUM_DAYS", HARD_MAXIMUM, 1))] = default(
        "90", "most days that any form may keep a request"
    )
    log: Annotated[LogFormat, parsed_by(parse.choice("INTAKE_LOG", LogFormat))] = default(
        "plain", "format of the server's log: plain lines, or json"
    )
    metrics: Annotated[Path | tuple[str, int] | None, parsed_by(parse.metrics)] = default(
        "", "Unix socket or loopback address that serves metrics for Prometheus, such as 127.0.0.1:9464; empty: none"
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting. Its environment variable is `INTAKE_` and the name in capitals."""

    name: str
    default: str
    meaning: str


_PATH_TYPES = (Path, Path | None, tuple[Path, ...])
PATHS = frozenset(name for name, field in Inputs.model_fields.items() if field.annotation in _PATH_TYPES)
SETTINGS = tuple(Setting(name, str(field.default), field.description or "") for name, field in Inputs.model_fields.items())
