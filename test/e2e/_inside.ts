import { expect } from "bun:test";
import { IMAGE } from "./_arguments.ts";
import { runAttached } from "./_terminal.ts";

const END = "end of the script";

/** Looks at an image's files without booting it, in bash; what a script says as an error is one. */
export async function inside(script: string, image = IMAGE, options: string[] = []): Promise<string> {
  const cmd = [...options, "-c", `${script}\n[ $? = 0 ] && echo "${END}"`];
  for (;;) {
    const { stdout, stderr, code } = await runAttached({ image, entrypoint: "bash", cmd, network: "none" });
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    // Docker gives up on the output of a container that ended 2 s ago, and a busy machine may be late with that.
    if (stdout.endsWith(`${END}\n`)) return stdout.slice(0, -END.length - 1).trim();
  }
}
