/** What the desk's API answers in several places. */
import { object, whole } from "../../crypto/shape.js";

export const decidedShape = object({ number: whole, lacking: whole });
