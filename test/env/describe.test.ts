import { expect, test } from "bun:test";
import { describeEnvironment } from "../../src/env/describe.ts";
import { loadEnvironment } from "../../src/env/load.ts";

test("describeEnvironment() shows neither secrets nor what URLs hold of them", () => {
  const given = {
    PROVISIONING_SCRIPT: "https://me:s3cret@example.org/x.sh?token=s3cret",
    TS_AUTHKEY: "s3cret",
    HTTP_PROXY: "http://me:s3cret@s3cret@proxy:3128",
    WORKSPACE: "/data/",
  };
  const rows = describeEnvironment(loadEnvironment([], given), true);
  expect(JSON.stringify(rows)).not.toContain("s3cret");
  const shown = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  expect(shown).toMatchObject({
    PROVISIONING_SCRIPT: "https://[redacted]@example.org/x.sh?[redacted]",
    HTTP_PROXY: "http://[redacted]@proxy:3128",
    WORKSPACE: "/data/",
  });
});
