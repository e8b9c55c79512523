// Asks the name server it is given for a name, with a limit in milliseconds, and shows the answer.
import { resolveWithin } from "../../../src/features/tunnels/check.ts";
import { messageOf } from "../../../src/errors.ts";

const [server = "", limit] = process.argv.slice(2);
console.log(await resolveWithin(Number(limit), "edge.example.com", [server]).catch(messageOf));
