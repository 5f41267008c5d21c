"""Read a QR code that a page shows, with a decoder that did not draw it."""

import base64
import json
import subprocess
from pathlib import Path

from playwright.sync_api import Browser

CLIENT = Path(__file__).parents[2] / "intake" / "client"
SIDE = 400  # pixels
_PIXELS = """async ([svg, side]) => {
  const drawing = new DOMParser().parseFromString(svg, 'text/html').querySelector('svg');
  drawing.setAttribute('width', side);
  drawing.setAttribute('height', side);
  const image = new Image();
  image.src = 'data:image/svg+xml,' + encodeURIComponent(new XMLSerializer().serializeToString(drawing));
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), {width: side, height: side});
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const {data} = context.getImageData(0, 0, side, side);
  return btoa(Array.from(data, (value) => String.fromCharCode(value)).join(''));
}"""
_DECODE = """
import decodeQR from 'qr/decode.js';
import { readFileSync } from 'node:fs';
const {pixels, side} = JSON.parse(readFileSync(0, 'utf8'));
console.log(decodeQR({width: side, height: side, data: new Uint8Array(Buffer.from(pixels, 'base64'))}));
"""


def read(browser: Browser, svg: str) -> str:
    """Return the text of a code, given its SVG."""
    context = browser.new_context()
    pixels = context.new_page().evaluate(_PIXELS, [svg, SIDE])
    context.close()
    assert base64.b64decode(pixels)
    command = ["node", "--input-type=module", "-e", _DECODE]
    image = json.dumps({"pixels": pixels, "side": SIDE})
    return subprocess.run(command, cwd=CLIENT, input=image, capture_output=True, text=True, check=True).stdout.strip()
