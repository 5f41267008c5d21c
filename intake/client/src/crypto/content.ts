/** The content of a request, and its summary in the desk's entries. docs/reference/format.md, Entry. */
import { CHANNELS } from "./on_behalf.js";
import { day, flag, list, object, oneOf, text, withDefaults, withOptional } from "./shape.js";
import { signedShape } from "./signing.js";

/** Requests from before the last three were asked lack them. */
const contact = withDefaults(
  object({
    how: text,
    voicemail: text,
    say_who: text,
    safe_time: text,
    return_only: flag,
    text_message: text,
    who_else: text,
    call_language: text,
  }),
  { text_message: "", who_else: "", call_language: "" },
);
/** Only a request that a member wrote down for its author has the last part. */
export const request = withOptional(
  object({
    form: text,
    language: text,
    direction: text,
    answers: list(object({ question: text, text, values: list(text), labels: list(text) })),
    contact,
    name: text,
    deletion: day,
    shown: flag,
    recipients: object({ case: text, receipt: text }),
    sealed_by: text,
  }),
  "on_behalf",
  signedShape,
);
export const summary = withOptional(
  object({
    arrived: text,
    name: text,
    kinds: list(text),
    line: text,
    language: text,
    direction: text,
    deletion: text,
    area: text,
    urgency: text,
    contact: text,
  }),
  "on_behalf",
  object({ member: text, channel: oneOf(...CHANNELS) }),
);
