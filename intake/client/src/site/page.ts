/**
 * Pages without a script of their own: the quick exit, no remembered fields, the fingerprint in links, and addresses with
 * `%23` for `#`.
 */
import "../page/form_state.js";
import "../page/quick_exit.js";
import { keepFragment } from "../page/dom.js";
import { repairedAddress } from "./repaired_address.js";

const address = repairedAddress(location);
if (address) location.replace(address);
keepFragment();
