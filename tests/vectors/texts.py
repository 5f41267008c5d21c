"""Vectors of text encodings, receipt digits, handles and the ways to unlock a keyring."""

from crypto import digits, receipt, unlocker
from crypto.encoding import b64, netstrings
from crypto.secret import Secret
from tests.vectors.world import (
    GROUP,
    save,
)


def text_vectors():
    save("b64-ok", "base64url without padding", "b64", {"text": "-_8A"}, output=b64(b"\xfb\xff\x00").replace("=", ""))
    for name, text in {"padded": "AA==", "stray-bits": "AB", "standard-alphabet": "+/8A", "space": "AA AA"}.items():
        save(f"b64-{name}", "not the one accepted form", "b64", {"text": text}, refused="encoding", reason="not base64url")
    save(
        "netstrings",
        "parts cannot run into each other",
        "netstrings",
        {"parts": ["1:a,", "", "é"]},
        output=netstrings(b"1:a,", b"", "é".encode()).decode(),
    )
    code = "7" * 23 + digits.check_digit("7" * 23)
    for script, zero in {
        "ascii": 0x30,
        "arabic-indic": 0x660,
        "persian": 0x6F0,
        "devanagari": 0x966,
        "fullwidth": 0xFF10,
    }.items():
        typed = digits.in_groups("".join(chr(zero + int(d)) for d in code)).replace(" ", "-", 2)
        save(f"receipt-digits-{script}", "digits of any script", "receipt digits", {"typed": typed}, output=code)
    swapped = "12" + code[2:]
    length = "a code with too few or too many digits"
    for name, typed, reason in (
        ("mistyped", code[:5] + "8" + code[6:], "a code with a mistyped digit"),
        ("swapped", swapped, "a code with a mistyped digit"),
        ("short", code[:-1], length),
        ("long", "Receipt of 30 November: " + digits.in_groups(code), length),
        ("letters", "x" * 24, length),
        ("empty", "", length),
    ):
        save(
            f"receipt-digits-{name}",
            "refused before anything is asked of a server",
            "receipt digits",
            {"typed": typed},
            refused="digits",
            reason=reason,
        )
    own = receipt.stretch(code, GROUP)
    save(
        "receipt-stretch",
        "token, look-up and recipient of a receipt",
        "receipt stretch",
        {"code": code, "group": GROUP},
        output={"token": b64(own.token.reveal()), "lookup": own.lookup, "recipient": str(own.identity.recipient)},
    )
    for name, typed in {"mixed-case": "  MaRía.Ⅳ ", "arabic": "ليلى_٢", "plain": "sam"}.items():
        handle = unlocker.normalise_handle(typed)
        save(
            f"handle-{name}",
            "one form, one id",
            "handle",
            {"typed": typed, "group": GROUP},
            output={"handle": handle, "id": unlocker.handle_id(GROUP, handle)},
        )
    for name, typed in {"short": "a", "long": "a" * 33, "slash": "a/b", "space": "a b", "control": "a\u202eb"}.items():
        given, reason = {"typed": typed, "group": GROUP}, "a handle has 2 to 32 letters, digits, dots, dashes or underscores"
        save(f"handle-{name}", "not a handle", "handle", given, refused="handle", reason=reason)
    for name, phrase in {"ascii": "correct horse battery", "composed": "caf\u00e9 cre\u0301me نور"}.items():
        opened = unlocker.from_passphrase(phrase, GROUP, "sam")
        save(
            f"unlocker-passphrase-{name}",
            "Argon2id 64 MiB",
            "passphrase",
            {"passphrase": phrase, "group": GROUP, "handle": "sam"},
            output={"recipient": str(opened.identity.recipient), "authentication": b64(opened.authentication.reveal())},
        )
    paper = "3" * 39 + digits.check_digit("3" * 39)
    opened = unlocker.from_paper_code(paper, GROUP, "sam")
    save(
        "unlocker-paper",
        "a printed code",
        "paper",
        {"code": digits.in_groups(paper), "group": GROUP, "handle": "sam"},
        output={"recipient": str(opened.identity.recipient), "authentication": b64(opened.authentication.reveal())},
    )
    prf = bytes(range(32))
    opened = unlocker.from_passkey(Secret(prf), GROUP, "sam")
    save(
        "unlocker-passkey",
        "what an authenticator's PRF gives for the group",
        "passkey",
        {"output": b64(prf), "group": GROUP, "handle": "sam"},
        output={"recipient": str(opened.identity.recipient), "authentication": b64(opened.authentication.reveal())},
    )
    save(
        "unlocker-paper-mistyped",
        "refused by its check digit",
        "paper",
        {"code": "4" + paper[1:], "group": GROUP, "handle": "sam"},
        refused="digits",
        reason="a code with a mistyped digit",
    )
