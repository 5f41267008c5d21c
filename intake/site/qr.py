"""QR codes (segno, ISO/IEC 18004) as SVG inside a page."""

from functools import lru_cache

import segno
from markupsafe import Markup, escape

PAGE, PAPER = "m", "q"  # error correction; of a code on paper a quarter may be torn or painted over


@lru_cache(maxsize=64)
def draw(text: str, error: str = PAGE, about: str = "") -> Markup:
    """Draw a code. A screen reader reads `about`."""
    symbol = segno.make(text, error=error, micro=False)
    drawing = symbol.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None)
    if about:
        drawing = drawing.replace("<svg ", f'<svg class="qr" role="img" aria-label="{escape(about)}" ', 1)
    return Markup(drawing)  # noqa: S704 - segno's own drawing, and an escaped text
