// Shows every line it reads from its terminal as JSON; behind the line "fg" another reader takes over, as there.
import { createInterface } from "node:readline";
import { readLine } from "../../../src/cli/supervisorctl/read-line.ts";

for (;;) {
  const line = await readLine("> ");
  console.log(`<${JSON.stringify(line)}>`);
  if (line === undefined) break;
  // As a command takes its time.
  await Bun.sleep(20);
  if (line !== "fg") continue;
  const lines = createInterface({ input: process.stdin });
  for await (const other of lines) {
    console.log(`<other ${JSON.stringify(other)}>`);
    break;
  }
  lines.close();
  break;
}
