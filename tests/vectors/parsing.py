"""JSON, days, digits and handles have one form each, where parsers in Python and in browsers differ."""

# One vector a line, as far as may be.

from hashlib import sha256

from argon2.low_level import Type, hash_secret_raw

from crypto import age, digits, entry, receipt, sheet, unlocker
from crypto.age import bech32
from crypto.encoding import as_dict, b64, to_json
from crypto.entry import Kind, Sequence
from crypto.labels import Label
from tests.vectors.world import CASE, CASE_KEY, DAY, GROUP, KEYS, RECEIPT_KEY, SHARED_MAC, save

SHAPE = "not the JSON of this shape"
NAMES = '{"format":"f","group":"g","number":%s,"author":"a","members":%s}'


def write(request):
    """All of them."""
    json_vectors()
    parcel_vectors()
    day_vectors()
    typed_vectors()
    work_vectors()
    receipt_grants(request)


def json_vectors():
    """What a reader of JSON takes as a names file's text."""

    def vector(name, about, text, read=None):
        outcome = {"output": read} if read else {"refused": "encoding", "reason": SHAPE}
        save(f"json-{name}", about, "json", {"text": text}, **outcome)

    good = {"format": "f", "group": "g", "number": 1, "author": "a", "members": {"m": "n"}}
    member = '{"m":"n"}'
    vector("ok", "as we write it", NAMES % (1, member), good)
    vector("white-space", "between members", NAMES.replace(",", " ,\n\t") % ("1 ", member), good)
    vector(
        "escaped",
        "letters as escapes, and a pair of surrogates",
        NAMES % (1, '{"\\u006d":"\\ud83e\\udd56"}'),
        {**good, "members": {"m": "\U0001f956"}},
    )
    vector("twice", "of two members of one name the last counts", NAMES % (2, member + ',"number":1'), good)
    vector("largest", "2^31 - 1", NAMES % (2**31 - 1, member), {**good, "number": 2**31 - 1})
    for name, number in {
        "fraction": "1.0",
        "exponent": "1e0",
        "capital-exponent": "1E0",
        "minus-zero": "-0",
        "negative": "-1",
        "too-large": 2**31,
        "beyond-doubles": 2**53 + 1,
        "leading-zero": "01",
        "text": '"1"',
        "truth": "true",
        "null": "null",
        "not-a-number": "NaN",
    }.items():
        vector(f"number-{name}", "a number is written as digits alone", NAMES % (number, member))
    half = NAMES % (1, '{"m":"\\ud800"}')
    vector("half-a-surrogate", "it has no UTF-8", half)
    vector("half-a-surrogate-in-a-name", "it has no UTF-8", NAMES % (1, '{"\\udfff":"n"}'))
    vector("surrogates-exchanged", "low before high", NAMES % (1, '{"m":"\\udd56\\ud83e"}'))
    vector("one-member-more", "unknown", (NAMES % (1, member)).replace('"author"', '"x":1,"author"'))
    vector("one-member-less", "no author", (NAMES % (1, member)).replace('"author":"a",', ""))
    vector("list", "not an object", "[]")
    vector("two", "more after the object", NAMES % (1, member) + "{}")
    vector("byte-order-mark", "before the object", "\ufeff" + NAMES % (1, member))
    vector("control-character", "a tab in a text", NAMES % (1, '{"m":"\t"}'))


def parcel_vectors():
    """A line of JSON, then files."""

    def vector(name, about, data, read=None, reason=SHAPE):
        outcome = {"output": read} if read is not None else {"refused": "encoding", "reason": reason}
        save(f"parcel-{name}", about, "parcel", {"parcel": b64(data)}, **outcome)

    one = b'{"id":"a","file":{"bytes":3}}'
    vector("ok", "one file", one + b"\nabc", {"id": "a", "file": b64(b"abc")})
    vector("a-line-feed-in-a-file", "only the first ends the JSON", one + b"\n\n\n\n", {"id": "a", "file": b64(b"\n\n\n")})
    two = b'{"z":{"bytes":2},"a":[{"bytes":0},{"file":{"bytes":1}}]}'
    read = {"z": b64(b"12"), "a": [b64(b""), {"file": b64(b"3")}]}
    vector("order", "files come in the order of their sizes in the JSON", two + b"\n123", read)
    vector("without-files", "no size", b"[]\n", [])
    vector("without-a-line", "no line feed", one, reason="a parcel without a line of JSON")
    vector("cut-off", "the last byte is missing", one + b"\nab", reason="a parcel that is cut off")
    vector("longer", "one byte too many", one + b"\nabcd", reason="a parcel with bytes after its last file")
    for name, size in {"negative": "-1", "fraction": "3.0", "text": '"3"', "too-large": 2**31}.items():
        vector(f"size-{name}", "a size is a whole number", b'{"bytes":%s}\nabc' % str(size).encode())
    vector("not-json", "the line is not JSON", b"abc\nabc")
    vector("fraction", "a number is written as digits alone", b'{"id":1.5}\n')


def day_vectors():
    """Days of the calendar in one form."""
    for text in ("1970-01-01", "2028-02-29", "8999-12-31"):
        save(f"day-{text}", "a day", "day", {"text": text}, output=text)
    for name, text in {
        "year-0000": "0000-01-01",
        "before-1970": "1969-12-31",
        "year-9000": "9000-01-01",
        "short": "2026-2-03",
        "no-leap-day": "2026-02-29",
        "arabic": "\u0662\u0660\u0662\u0666-01-01",
        "line-feed": "2026-01-01\n",
        "basic": "20260101",
        "week": "2026-W01-1",
        "time": "2026-01-01T00",
    }.items():
        save(f"day-{name}", "no day", "day", {"text": text}, refused="encoding", reason="not a day")


def typed_vectors():
    """Digits as people type them, with white space of every kind and in scripts that Unicode added late."""
    code = "7" * 23 + digits.check_digit("7" * 23)
    for name, about, typed in (
        ("next-line", "U+0085 is white space to some languages only", "\x85" + code + "\x85"),
        ("mark", "U+FEFF as well", "\ufeff" + code),
        (
            "dashes",
            "every hyphen from U+2010 to U+2014",
            "".join("\u2010\u2011\u2012\u2013\u2014\u200e\u200f"[i % 7] + d for i, d in enumerate(code)),
        ),
        (
            "invisible",
            "zero-width and bidirectional marks, as messengers paste them",
            "".join(
                "\u200b\u200c\u200d\u2060\u00ad\u2066\u2069\u202a\u202c\u061c\u180e\ufe0f"[i % 12] + d
                for i, d in enumerate(code)
            ),
        ),
        ("no-break-spaces", "groups with spaces that do not break", "\u00a0".join(digits.in_groups(code).split()) + "\u202f"),
        ("dots", "dots and slashes as separators", "7777.7777/7777·7777_7777|7773."),
        ("lines", "each group on a line of its own", "\r\n".join(digits.in_groups(code).split()) + "\n"),
        ("words", "with the words around it", "Your receipt: “" + digits.in_groups(code) + "” (keep it safe!)"),
        (
            "words-right-to-left",
            "with words in Arabic around Arabic digits",
            "إيصالي:\u200f " + "".join(chr(0x660 + int(d)) for d in code) + "،",
        ),
        ("keycaps", "each digit as an emoji", "".join(d + "\ufe0f\u20e3" for d in code)),
        ("file-separator", "a control character", "\x1c" + code),
        ("minus", "a minus sign", "\u2212" + code),
        ("zero-width-space", "a space of no width before it", "\u200b" + code),
        ("superscript", "a superscript is no decimal digit", "\u00b2" + code),
        ("roman", "a Roman numeral is no decimal digit", "\u2163" + code),
        ("kawi", "Unicode 15", "".join(chr(0x11F50 + int(d)) for d in code)),
        ("garay", "Unicode 16", "".join(chr(0x10D40 + int(d)) for d in code)),
        ("tolong-siki", "Unicode 17", "".join(chr(0x11DE0 + int(d)) for d in code)),
        ("mathematical", "double-struck", "".join(chr(0x1D7D8 + int(d)) for d in code)),
    ):
        save(f"receipt-digits-{name}", about, "receipt digits", {"typed": typed}, output=code)
    for name, typed, handle in (
        ("next-line", "\x85sam\x85", "sam"),
        ("mark", "\ufeffsam", "sam"),
        ("kawi", "sam" + chr(0x11F52), "sam" + chr(0x11F52)),
        ("final-sigma", "\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2"),
        ("dotted-i", "\u0130da", "i\u0307da"),
    ):
        output = {"handle": handle, "id": unlocker.handle_id(GROUP, handle)}
        save(f"handle-{name}", "one form, one id", "handle", {"typed": typed, "group": GROUP}, output=output)
    reason = "a handle has 2 to 32 letters, digits, dots, dashes or underscores"
    for name, typed in {"file-separator": "\x1csam", "roman-numeral-left": "sam\u2188", "white-within": "sa\u3000m"}.items():
        save(f"handle-{name}", "not a handle", "handle", {"typed": typed, "group": GROUP}, refused="handle", reason=reason)


def work_vectors():
    """Nonces that pay a price, and nonces that do not, computed from the format with Argon2id alone."""
    offer = "the offer's token"
    password = sha256(b"20:sealed-intake/1/work,%d:%b," % (len(offer), offer.encode())).digest()
    for n in range(4):
        nonce = bytes([n]) * 16
        raw = hash_secret_raw(password, nonce, time_cost=1, memory_cost=256, parallelism=1, hash_len=32, type=Type.ID)
        drawn = int.from_bytes(raw[:4], "big")
        most = (2**32 - 1) // drawn  # the highest price that it pays
        for price in sorted({0, 1, most, most + 1, 128}):
            given = {"offer": offer, "nonce": b64(nonce), "price": price}
            save(f"work-{n}-for-{price}", f"a price of at most {most}", "work", given, output=drawn * price < 2**32)


def receipt_grants(request):
    """What a receipt grant and a request must contain to be accepted."""
    code = "7" * 23 + digits.check_digit("7" * 23)
    own = receipt.stretch(code, GROUP)
    weak = bech32.encode("age1pq", CASE_KEY.recipient.raw[:1184] + bytes(32))
    order = "a recipient whose X25519 part has a small order"
    fields = {
        "format": Label.RECEIPT_GRANT.value,
        "case": CASE,
        "recipient": str(CASE_KEY.recipient),
        "mac": b64(SHARED_MAC.reveal()),
        "request": b64(bytes(32)),
        "shown": True,
        "deletion": DAY,
    }
    for name, about, changed, reason in (
        ("without-a-day", "the day of deletion is none", {"deletion": "soon"}, "not a day"),
        ("to-no-key", "nobody could be written to", {"recipient": weak}, order),
    ):
        file = receipt.seal_grant(receipt.ReceiptGrant(**{**fields, **changed}), own.identity.recipient)
        given = {"case": CASE, "code": code, "group": GROUP, "file": b64(file)}
        save(f"receipt-grant-{name}", about, "receipt grant", given, refused="encoding", reason=reason)
    base = {"case": CASE, "identities": [CASE_KEY.reveal()], "keys": KEYS, "sequence": "shared", "number": 0}
    base["mac_keys"] = [b64(SHARED_MAC.reveal())]
    for name, about, changed, reason in (
        ("without-a-day", "the day of deletion is none", {"deletion": "2026-13-01"}, "not a day"),
        ("to-no-key", "answers could not be sealed", {"recipients": {"case": str(CASE_KEY.recipient), "receipt": weak}}, order),
    ):
        envelope = entry._Envelope(
            format=Label.ENTRY.value,
            case=CASE,
            sequence=Sequence.SHARED,
            number=0,
            kind=Kind.REQUEST,
            key=0,
            previous="",
            author="",
            day=DAY,
            content={**as_dict(request), **changed},
        )
        page = sheet.write(to_json(envelope), sheet.Sizes.REQUEST, Label.ENTRY, mac_key=SHARED_MAC)
        file = b64(age.encrypt(page, [CASE_KEY.recipient, RECEIPT_KEY.recipient]))
        save(f"entry-request-{name}", about, "entry", {**base, "file": file}, refused="encoding", reason=reason)
