/** Hubs that answer what no hub should. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { resolveSource } from "../../../src/provision/sources/resolve.ts";
import { DownloadError } from "../../../src/provision/download/error.ts";
import { failureOf } from "../fixture.ts";
import { Container } from "../items/apply-fixture.ts";
import { serve } from "../server-fixture.ts";

const { signal } = new AbortController();
const json = { "content-type": "application/json" };

describe("a hub", () => {
  test("that lists without end is not asked without end", async () => {
    let page = 0;
    using server = await serve((asked, reply) =>
      reply.text(200, "[]", { ...json, link: `<${asked.path}?page=${++page}>; rel="next"` }),
    );
    const failure = await failureOf(resolveSource("hf:o/r", { HF_ENDPOINT: server.url("") }, signal));
    expect(failure.message).toContain("a list without end");
  });

  test.each([
    ["[null]"],
    ['["x"]'],
    ['[{"type":"file","path":1,"size":1}]'],
    ['[{"type":"file","path":"a"}]'],
    ["null"],
  ])("that lists %s is said to, and not a mistake of this program", async (body) => {
    using server = await serve((_, reply) => reply.text(200, body, json));
    const failure = await failureOf(resolveSource("hf:o/r", { HF_ENDPOINT: server.url("") }, signal));
    expect([failure.code, failure.message]).toEqual([
      "source",
      expect.stringContaining("got another answer"),
    ]);
  });

  test.each([
    ["null"],
    ['{"files":"x"}'],
    ['{"files":[null]}'],
    ['{"files":[{"name":7,"type":7,"metadata":7}]}'],
  ])("CivitAI that says %s is said to, or the server names the file", async (body) => {
    using server = await serve((_, reply) => reply.text(200, body, json));
    const source = "civitai:1?type=Model";
    const end = await resolveSource(source, { CIVITAI_ENDPOINT: server.url("") }, signal).catch(
      (error: unknown) => error,
    );
    if (end instanceof Error) expect(end).toBeInstanceOf(DownloadError);
    else expect(end).toMatchObject({ files: [{ url: server.url("/api/download/models/1?type=Model") }] });
  });

  test("whose address has a mistake is named without its password", async () => {
    const failure = await failureOf(
      resolveSource("hf:o/r/x", { HF_ENDPOINT: "htps://user:secret@mirror.example" }, signal),
    );
    expect(failure.message).toStartWith("HF_ENDPOINT: expected an http(s) URL, got");
    expect(failure.message).not.toContain("secret");
  });
});

describe("a file that root would obey at the next boot", () => {
  const hub = async (path: string) =>
    serve((asked, reply) =>
      asked.path.includes("/tree/")
        ? reply.text(200, JSON.stringify([{ type: "file", path, size: 11 }]), json)
        : reply.text(200, "version: 1\n", { "content-disposition": `attachment; filename="${path}"` }),
    );

  test.each([["provisioning.yaml"], ["PROVISIONING.YAML"], [".ai-dock/other"]])(
    "%s does not come out of a repository or from a server's name",
    async (path) => {
      using server = await hub(path);
      const container = new Container({ HF_ENDPOINT: server.url("") });
      const states = await container.apply({
        downloads: [
          { id: "repo", url: "hf:o/r", dest: `${container.volume}/` },
          { id: "named", url: server.url("/x"), dest: `${container.volume}/` },
        ],
      });
      expect(states["repo"]).toContain("expected another name from the server");
      if (!path.includes("/")) expect(states["named"]).toContain("expected another name from the server");
      expect(existsSync(`${container.volume}/${path}`)).toBe(false);
    },
  );

  test("does not come by way of a link either, and comes where the manifest names it so", async () => {
    using server = await hub("provisioning.yaml");
    const container = new Container({ HF_ENDPOINT: server.url("") });
    symlinkSync(container.volume, `${container.folder}/link`);
    mkdirSync(`${container.volume}/sub`);
    const states = await container.apply({
      downloads: [
        { id: "link", url: "hf:o/r", dest: `${container.folder}/link/` },
        { id: "below", url: "hf:o/r", dest: `${container.volume}/sub/` },
        { id: "given", url: server.url("/x"), dest: `${container.volume}/provisioning.yaml` },
      ],
    });
    expect(states["link"]).toContain("expected another name from the server");
    expect(states).toMatchObject({ below: "done", given: "done" });
  });
});
