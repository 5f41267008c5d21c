/** The script of the desk's page. */
import { useWorker } from "../page/argon2id.js";
import { titlePrints } from "../page/print_title.js";
import { Desk } from "./desk.js";

useWorker();
titlePrints(() => document.querySelector(".case") !== null);
new Desk().start();
