import { expect, test } from "bun:test";
import { join } from "node:path";

const HEADER = 12;
/** Type and class of the question. */
const AFTER_NAME = 4;
/** "The name asked for", type A, class IN, a minute, four bytes. */
const ADDRESS = Buffer.from([0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);

/** A reply to a query without more than its question. */
function reply(query: Buffer, code: number, answers: Buffer[]): Buffer {
  const question = Buffer.from(query.subarray(0, query.indexOf(0, HEADER) + 1 + AFTER_NAME));
  question.writeUInt16BE(0x8180 + code, 2);
  question.writeUInt16BE(answers.length, 6);
  question.writeUInt16BE(0, 10);
  return Buffer.concat([question, ...answers]);
}

/** What a process of its own, to the end of it, gets from a name server. */
async function ask(answer: (query: Buffer) => Buffer | undefined, limit: number): Promise<string> {
  const server = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: {
      data(socket, query, port, address) {
        const bytes = answer(query);
        if (bytes !== undefined) socket.send(bytes, port, address);
      },
    },
  });
  const fixture = join(import.meta.dir, "check-fixture.ts");
  await using process = Bun.spawn(["bun", fixture, `127.0.0.1:${server.port}`, String(limit)], {
    stderr: "inherit",
  });
  const [output] = await Promise.all([process.stdout.text(), process.exited]);
  server.close();
  return output.trim();
}

test.concurrent("a name server that never answers keeps no process from its end", async () => {
  let asked = 0;
  const silent = () => void asked++;
  expect(await ask(silent, 300)).toBe("no answer");
  expect(asked).toBe(1);
});

test.concurrent("a question that was lost is asked again", async () => {
  let asked = 0;
  const answer = (query: Buffer) => (asked++ === 0 ? undefined : reply(query, 0, [ADDRESS]));
  expect(await ask(answer, 30_000)).toBe("192.0.2.7");
});

test.concurrent("a name that does not exist is told at once", async () => {
  expect(await ask((query) => reply(query, 3, []), 30_000)).toBe("ENOTFOUND");
});
