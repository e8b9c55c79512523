import { describe, expect, test } from "bun:test";
import { decodeCall } from "../../../../src/control/rpc/xml/decode.ts";
import { encodeFault, encodeResponse } from "../../../../src/control/rpc/xml/encode.ts";
import type { RpcValue } from "../../../../src/control/rpc/method.ts";

const call = (value: string) =>
  decodeCall(
    `<?xml version="1.0"?><methodCall><methodName> a.b </methodName><params><param>${value}</param></params></methodCall>`,
  ).params[0];

describe("decodeCall()", () => {
  test.each([
    ["<value>bare &amp; text</value>", "bare & text"],
    ["<value><string> a\n&lt;b&#233;&#x41; </string></value>", " a\n<béA "],
    ["<value><string><![CDATA[<&]]></string></value>", "<&"],
    ["<value><string/></value>", ""],
    ["<value><int>-5</int></value>", -5],
    ["<value><i4> 7 </i4></value>", 7],
    ["<value><i8>9007199254740991</i8></value>", 9007199254740991],
    ["<value><double>1.5e3</double></value>", 1500],
    ["<value><boolean>1</boolean></value>", true],
    ["<value><nil/></value>", null],
    ["<value><base64>aGnDqQ==</base64></value>", "hié"],
    ["<value><array><data><value>a</value><value><int>1</int></value></data></array></value>", ["a", 1]],
    ["<value><struct><member><name>x</name><value><struct/></value></member></struct></value>", { x: {} }],
  ])("%s", (source, wanted) => {
    expect(call(source)).toEqual(wanted);
  });

  test("method and no params; comments and declarations are skipped", () => {
    const source =
      "<?xml version='1.0'?><!-- <x> --><methodCall><methodName>system.listMethods</methodName></methodCall>\n";
    expect(decodeCall(source)).toEqual({ method: "system.listMethods", params: [] });
  });

  test.each([
    ["", "one element"],
    ["text", "one element"],
    ["<a/><b/>", "one element"],
    ["<a>", "</a>"],
    ["<a></b>", "</a>"],
    ["<methodResponse/>", "<methodCall>"],
    ["<methodCall/>", "<methodName>"],
    ['<!DOCTYPE a [<!ENTITY x "y">]><methodCall/>', "markup"],
    ["<methodCall><methodName>&x;</methodName></methodCall>", "entity"],
    ["<a>".repeat(101), "levels"],
  ])("refuses %p", (source, expected) => {
    expect(() => decodeCall(source)).toThrow(expected);
  });

  test.each([
    "<int>1.5</int>",
    "<boolean>yes</boolean>",
    "<double>nan</double>",
    "<odd/>",
    "<constructor/>",
    "<int>1</int><int>2</int>",
  ])("refuses the value %s", (value) => {
    expect(() => call(`<value>${value}</value>`)).toThrow(/^expected /);
  });
});

/** Python's own client, as the portals of existing images use it. */
function python(script: string, input: string): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync(["python3", "-c", script], {
    stdin: Buffer.from(input),
  });
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}

/** Values of every kind, the same ones in every run. */
function randomValues(count: number): RpcValue[] {
  let seed = 42;
  const next = (limit: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % limit;
  };
  const text = () =>
    Array.from({ length: next(12) }, () =>
      String.fromCodePoint([9, 10, 13, 32, 38, 60, 62, 65, 233, 0x1f600][next(10)]!),
    ).join("");
  const any = (depth: number): RpcValue => {
    switch (next(depth > 3 ? 4 : 6)) {
      case 0:
        return next(2) === 0;
      case 1:
        return next(2 ** 31) - 2 ** 30;
      case 2:
        return next(1000) / 8 + 0.0625;
      case 3:
        return text();
      case 4:
        return Array.from({ length: next(4) }, () => any(depth + 1));
      default:
        return Object.fromEntries(
          Array.from({ length: next(4) }, (_, index) => [`${text()}${index}`, any(depth + 1)]),
        );
    }
  };
  return Array.from({ length: count }, () => any(0));
}

describe("Python's xmlrpc.client", () => {
  test("reads what we encode", () => {
    const values = randomValues(300);
    const script =
      "import sys,json,xmlrpc.client as x\nfor d in json.load(sys.stdin): print(json.dumps(x.loads(d)[0][0]))";
    const lines = python(script, JSON.stringify(values.map(encodeResponse)))
      .trimEnd()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(values);
  });

  test("writes what we decode to the same", () => {
    const values = randomValues(300);
    const script =
      "import sys,json,xmlrpc.client as x\nprint(json.dumps([x.dumps((v,),'m',allow_none=True) for v in json.load(sys.stdin)]))";
    const documents = JSON.parse(python(script, JSON.stringify(values))) as string[];
    const lineEnds = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value).replaceAll(String.raw`\r`, ""));
    expect(documents.map((document) => lineEnds(decodeCall(document).params[0]))).toEqual(
      values.map(lineEnds),
    );
  });

  test("gets faults, and text that XML cannot hold in a form it can", () => {
    const script = [
      "import sys,json,xmlrpc.client as x",
      "a,b=json.load(sys.stdin)",
      "try: x.loads(a)",
      "except x.Fault as f: print(f.faultCode, f.faultString)",
      "print(json.dumps(x.loads(b)[0][0]))",
    ].join("\n");
    const documents = [encodeFault(10, "BAD_NAME: <a>"), encodeResponse("\u001B[1m\0\uD800 ok")];
    const [fault, text] = python(script, JSON.stringify(documents)).split("\n");
    expect(fault).toBe("10 BAD_NAME: <a>");
    expect(JSON.parse(text!)).toBe("\uFFFD[1m\uFFFD\uFFFD ok");
  });
});
