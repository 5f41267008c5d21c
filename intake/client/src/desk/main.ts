/** The script of the desk's page. */
import { find } from "../page/dom.js";
import { Desk } from "./desk.js";

new Desk(find("desk")).start();
