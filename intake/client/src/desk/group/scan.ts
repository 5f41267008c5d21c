/** Read a QR code from a picture. Loaded when someone scans. */
import decodeQR from "qr/decode.js";

const EDGE = 1600; // pixels: photographs are scaled down to this

/** Return the text of the code, or an empty text. */
export async function read(picture: Blob): Promise<string> {
  const bitmap = await createImageBitmap(picture).catch(() => null);
  if (!bitmap) return "";
  const scale = Math.min(1, EDGE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(bitmap.width * scale), Math.round(bitmap.height * scale)];
  const context = canvas.getContext("2d")!;
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  try {
    return decodeQR({ data, width, height });
  } catch {
    return "";
  }
}
