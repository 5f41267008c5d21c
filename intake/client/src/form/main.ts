/** The public form's page. */
import { start } from "./form_page.js";
import { showReceipt } from "./receipt_view.js";

void start({ showReceipt });
