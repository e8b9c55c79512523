// Ends at once, like a command whose script has left a program on the pipe: that is standard input here.
import { drainPipe } from "../../src/logs/write/drain-pipe.ts";

drainPipe(0, process.argv[2] ?? "");
process.exit();
