import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { canMount, Machine } from "./apply-process.ts";
import { bytesOf, sendFile, serve } from "./server-fixture.ts";

test.skipIf(!canMount)(
  "two containers on one volume do nothing twice, and lose no record",
  async () => {
    const content = bytesOf(2_000_000);
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, content, { etag: '"1"', pace: 4000 }),
    );
    const machine = new Machine();
    const { folder, volume } = machine;
    mkdirSync(`${folder}/origin`);
    const git = (...words: string[]) =>
      Bun.spawnSync([
        "git",
        "-C",
        `${folder}/origin`,
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b.c",
        ...words,
      ]);
    git("init", "--quiet");
    for (let index = 0; index < 20; index++) writeFileSync(`${folder}/origin/${index}`, "x");
    git("add", ".");
    git("commit", "--quiet", "-m", "first");
    const own = (name: string) =>
      Array.from({ length: 10 }, (_, index) => ({
        url: `${folder}/origin`,
        dest: `${volume}/${name}-${index}`,
      }));
    const manifest = (name: string) => ({
      git_repos: [{ url: `${folder}/origin`, dest: `${volume}/shared` }, ...own(name)],
      downloads: [{ url: server.url("/x"), dest: `${volume}/x` }],
    });
    const first = machine.start(manifest("first"));
    machine.replace();
    const second = machine.start(manifest("second"));
    const ends = await Promise.all([first.ended(), second.ended()]);
    expect(ends).toMatchObject([{ code: 0 }, { code: 0 }]);
    const output = ends.map((end) => end.output).join("");
    expect(output.match(/^git shared: (done|there already)/gm)?.toSorted()).toEqual([
      "git shared: done",
      "git shared: there already",
    ]);
    expect(output.match(/^download x: (done|there already)/gm)?.toSorted()).toEqual([
      "download x: done",
      "download x: there already",
    ]);
    // Whoever downloads it asks for its beginning.
    expect(server.asked.filter(({ range }) => (range?.offset ?? 0) === 0)).toHaveLength(1);
    const records = JSON.parse(readFileSync(`${volume}/.ai-dock/provisioning.json`, "utf8")) as {
      items: Record<string, unknown>;
    };
    const keys = [...own("first"), ...own("second")].map(({ dest }) => `git:${dest}`);
    expect(Object.keys(records.items).toSorted()).toEqual(
      [...keys, `git:${volume}/shared`, `download:${volume}/x`].toSorted(),
    );
    expect(readdirSync(volume).filter((name) => name.includes("ai-dock"))).toEqual([".ai-dock"]);
  },
  60_000,
);
