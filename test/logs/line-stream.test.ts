import { describe, expect, test } from "bun:test";
import { LineStream } from "../../src/logs/line-stream.ts";
import { MAX_LINE } from "../../src/logs/lines.ts";
import { Screen } from "../../src/logs/read/printer.ts";
import { ContainerOutput } from "../../src/logs/write/container.ts";
import { until } from "./_helpers.ts";
import { TestPipe } from "./_reader.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const text = (block: Uint8Array) => Buffer.from(block).toString("latin1");

/** A stream with its events as text. */
function stream(delayMs: number, hasRoom = () => true) {
  const events: string[] = [];
  const lines = new LineStream(
    {
      lines: (block) => events.push(text(block)),
      unfinished: (form) => events.push(`unfinished ${text(form)}`),
      finished: (line, shown) => events.push(`finished ${text(line)}after ${text(shown)}`),
      get hasRoom() {
        return hasRoom();
      },
    },
    delayMs,
  );
  return { events, push: (chunk: string) => lines.push(bytes(chunk)), end: () => lines.end() };
}

describe("LineStream", () => {
  test("shows a line that stays unfinished, and how it ends", async () => {
    const { events, push } = stream(5);
    push("a\nDownloading… ");
    await until(() => events.length === 2);
    push("done\nb\n");
    expect(events).toEqual([
      "a\n",
      text(bytes("unfinished Downloading… ")),
      text(bytes("finished Downloading… done\nafter Downloading… ")),
      "b\n",
    ]);
  });

  test("shows the latest form of a line that carriage returns redraw", async () => {
    const { events, push } = stream(5);
    push("\r 1%\r 2%");
    await until(() => events.length === 1);
    push("\r 3%");
    push("\r 4%\r");
    await until(() => events.length === 2);
    push("\r100%\nnext\n");
    expect(events).toEqual(["unfinished  2%", "unfinished  4%", "finished 100%\nafter  4%", "next\n"]);
  });

  test("shows nothing twice, and nothing that is empty", async () => {
    const seen: number[] = [];
    const { events, push } = stream(5, () => seen.push(events.length) > 0);
    push("\r");
    await until(() => seen.length > 0);
    push("x");
    await until(() => events.length > 0);
    const looks = seen.length;
    push("\rx");
    await until(() => seen.length > looks);
    expect(events).toEqual(["unfinished x"]);
  });

  test("waits for room", async () => {
    let asked = 0;
    const { events, push } = stream(2, () => ++asked > 3);
    push("prompt> ");
    await until(() => events.length > 0);
    expect([asked, events]).toEqual([4, ["unfinished prompt> "]]);
  });

  test("a line that ends in time keeps its bytes", () => {
    const { events, push, end } = stream(60_000);
    push("10%\r20%\r\r");
    push("\n50%\r\nrest");
    end();
    expect(events).toEqual(["10%\r20%\r\r\n", "50%\r\n", "rest\n"]);
  });

  test("forms that are drawn over do not fill a line", () => {
    const { events, push } = stream(60_000);
    const bar = `\r${"#".repeat(99)}`;
    for (let drawn = 0; drawn < 3 * MAX_LINE; drawn += bar.length) push(bar);
    push("\n");
    expect(events.length).toBe(1);
    expect(events[0]?.endsWith(`${bar}\n`)).toBe(true);
    expect(events[0]?.length).toBeLessThanOrEqual(MAX_LINE + 1);
  });
});

describe("ContainerOutput, a line that is not finished", () => {
  test("is a line of its own, and whole at its end", async () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({ fd: pipe.write, format: "prefix", unfinishedMs: 5 });
    const app = container.open("app", "stdout");
    app.write(bytes("Password: "));
    await pipe.takeUntil(() => pipe.text !== "");
    container.line("boot", "other");
    app.write(bytes("ok\n 7%"));
    await pipe.takeUntil(() => pipe.text.includes("7%"));
    app.write(bytes("\n"));
    app.end();
    pipe.take();
    expect(pipe.text).toBe("app | Password: \nboot | other\napp | Password: ok\napp |  7%\n");
  });

  test("is marked in JSON", async () => {
    using pipe = new TestPipe();
    const container = new ContainerOutput({ fd: pipe.write, format: "json", unfinishedMs: 5 });
    container.open("app", "stderr").write(bytes("wait"));
    await pipe.takeUntil(() => pipe.text !== "");
    expect(JSON.parse(pipe.text)).toMatchObject({
      name: "app",
      stream: "stderr",
      line: "wait",
      partial: true,
    });
  });
});

describe("Screen", () => {
  const screen = (columns: number, format: "prefix" | "plain" | "json" = "prefix") => {
    const shown = { text: "" };
    const options = {
      format,
      columns,
      unfinishedMs: 5,
      write: (block: Uint8Array) => (shown.text += text(block)),
    };
    const one = new Screen(options);
    const log = (name: string) => one.printer({ name, stream: "stdout", path: "" });
    return { shown, a: log("a"), b: log("b") };
  };

  test("completes a line where it stands, without a second prefix", async () => {
    const { shown, a } = screen(0);
    a.push(bytes("Downloading "));
    await until(() => shown.text !== "");
    expect(shown.text).toBe("a | Downloading ");
    a.push(bytes("done\nnext\n"));
    expect(shown.text).toBe("a | Downloading done\na | next\n");
  });

  test("what comes between gets a line of its own", async () => {
    const { shown, a, b } = screen(0);
    a.push(bytes("Downloading "));
    await until(() => shown.text !== "");
    b.push(bytes("hello\n"));
    a.push(bytes("done\n"));
    expect(shown.text).toBe("a | Downloading \nb | hello\na | Downloading done\n");
  });

  test("redraws in place on a terminal that is wide enough, else below", async () => {
    for (const [columns, between] of [
      [80, "\r\u001B[K"],
      [5, "\n"],
      [0, "\n"],
    ] as const) {
      const { shown, a } = screen(columns);
      a.push(bytes("\r10%"));
      await until(() => shown.text !== "");
      a.push(bytes("\r20%"));
      await until(() => shown.text.includes("20%"));
      a.push(bytes("\r100%\n"));
      expect(shown.text).toBe(`a | 10%${between}a | 20%${between}a | 100%\n`);
    }
  });

  test("JSON stays an object a line", async () => {
    const { shown, a } = screen(80, "json");
    a.push(bytes("wait"));
    await until(() => shown.text !== "");
    a.push(bytes("ed\n"));
    expect(
      shown.text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { name: "a", stream: "stdout", line: "wait", partial: true },
      { name: "a", stream: "stdout", line: "waited" },
    ]);
  });
});
