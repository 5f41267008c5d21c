"""The theme of a group's pages: its colour in light and dark, and its logo.

Checks the contrast (WCAG 2.2, 1.4.3 and 1.4.11).
"""

import re
from pathlib import Path

from intake.errors import InvalidError
from intake.site.public_settings import PublicSettings

MIN_CONTRAST = 4.5  # the minimum contrast of text: success criterion 1.4.3
PAPER, NIGHT = "#fffdf8", "#16181a"  # the pages' backgrounds, as in tokens.css
_DAY = (PAPER, "#ffffff", "#f5f0e4", "#fdecea")  # the backgrounds of pages, cards, notices and errors
NIGHT_CONTRAST = 7.0  # in dark mode, where pale text tires the eyes
_STEPS = 20  # steps of mixing a colour with white for dark mode


def name(public: PublicSettings) -> str:
    """Return the name of the logo's asset."""
    return f"logo{public.logo.suffix}" if public.logo else "icon.svg"


def files(public: PublicSettings, styles: Path) -> dict[str, bytes]:
    """Return the style sheets and the logo.

    Raises:
        InvalidError: The colour is not readable on the page's background.
    """
    assets = {path.name: path.read_bytes() for path in sorted(styles.iterdir())}
    tokens = assets.pop("tokens.css").decode()
    assets["site.css"] = _minify(tokens + assets["site.css"].decode()).encode() + colours(public.colour).encode()
    assets["desk.css"] = _minify(assets["desk.css"].decode()).encode()
    return {**assets, name(public): logo_bytes(public, styles)}


def logo_bytes(public: PublicSettings, styles: Path) -> bytes:
    """Return the group's own logo, or the default one in its colour."""
    if public.logo:
        return public.logo.body
    return (styles / "icon.svg").read_bytes().replace(b"#14532d", public.colour.encode())


def colours(colour: str) -> str:
    """Return the rules that set the group's colour. In dark mode it is mixed with white until it is readable.

    Raises:
        InvalidError: The colour is too pale for the light background.
    """
    lowest = min(contrast(colour, ground) for ground in _DAY)
    if lowest < MIN_CONTRAST:
        words = f"INTAKE_COLOUR {colour} has a contrast of {lowest:.1f} on the page, and needs {MIN_CONTRAST}"
        raise InvalidError(f"{words}. Nothing was started. Choose a darker colour")
    night = next(
        mixed for step in range(_STEPS + 1) if contrast(mixed := _paler(colour, step / _STEPS), NIGHT) >= NIGHT_CONTRAST
    )
    return (
        f":root{{--act:{colour};--act-ink:#fff}}@media (prefers-color-scheme:dark){{:root{{--act:{night};--act-ink:{NIGHT}}}}}"
    )


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _paler(colour: str, share: float) -> str:
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(part + (255 - part) * share):02x}" for part in parts)


def _minify(css: str) -> str:
    """Remove comments and indentation, because every visitor loads the sheet first."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "", re.sub(r"[ \t]*([{};,>])[ \t\n]*", r"\1", bare))
