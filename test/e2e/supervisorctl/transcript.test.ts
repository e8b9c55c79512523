import { expect, test } from "bun:test";
import { boot, PEERS_IMAGE } from "../harness.ts";
import { lines, linesWithoutServer } from "./script.ts";
import { asOurs, supervise, transcript, unseenDifferences } from "./transcript.ts";

const THEIRS = "/usr/bin/supervisorctl";
const OURS = "/opt/ai-dock/bin/supervisorctl";
/** A hundred commands, of which supervisord takes a second each for many; a guard against a hang. */
const LIMIT_MS = 1_200_000;

test(
  "the same commands get the same answers and exit codes as from supervisord",
  async () => {
    await using supervisord = await supervise(THEIRS, { entrypoint: "/usr/bin/supervisord", cmd: ["-n"] });
    await using aiDock = await supervise(OURS, {});
    const [theirs, ours] = await Promise.all([
      transcript(supervisord, THEIRS, lines),
      transcript(aiDock, OURS, lines),
    ]);
    expect(ours).toEqual(theirs.map(asOurs));
    expect([await supervisord.wait(), await aiDock.wait()]).toEqual([0, 0]);

    await using nobody = await boot({
      image: PEERS_IMAGE,
      healthcheck: false,
      entrypoint: "sleep",
      cmd: ["1000"],
    });
    const alone = await transcript(nobody, THEIRS, linesWithoutServer);
    expect(await transcript(nobody, OURS, linesWithoutServer)).toEqual(alone.map(asOurs));
    expect(unseenDifferences()).toEqual([]);
  },
  LIMIT_MS,
);
