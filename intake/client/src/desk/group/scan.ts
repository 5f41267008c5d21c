/** What a QR code on a picture says. Fetched when someone scans. */
import decodeQR from "qr/decode.js";

const EDGE = 1600; // pixels: a phone's photograph is made smaller before it is looked at

/** Empty if there is none to be read. */
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
