// Downloads in a process of its own, which tests end: argv is a JSON object of the request and its limits. Prints a line of
// JSON for the first bytes, and one for the end.
import { download } from "../../../src/provision/download/download.ts";
import { DownloadError } from "../../../src/provision/download/error.ts";

const { limits, ...request } = JSON.parse(process.argv[2] ?? "") as {
  limits: object;
  url: string;
  target: string;
};
const controller = new AbortController();
process.on("SIGTERM", () => controller.abort());
let told = false;
const print = (value: object) => void process.stdout.write(`${JSON.stringify(value)}\n`);
try {
  const result = await download(
    { ...request, authorization: () => process.env["TOKEN"] },
    {
      signal: controller.signal,
      limits,
      env: process.env,
      onProgress({ received, resumedFrom }) {
        if (told || received === resumedFrom) return;
        told = true;
        print({ received, resumedFrom });
      },
    },
  );
  print(result);
} catch (error) {
  if (!(error instanceof DownloadError)) throw error;
  print({ code: error.code });
  process.exitCode = 1;
}
