/** The script of the desk's page. */
import { useWorker } from "../page/argon2id.js";
import { Desk } from "./desk.js";

useWorker();
new Desk().start();
