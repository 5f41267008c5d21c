/** The script of the desk's page. */
import { useWorker } from "../page/argon2id.js";
import { find } from "../page/dom.js";
import { Desk } from "./desk.js";

useWorker();
new Desk(find("desk")).start();
