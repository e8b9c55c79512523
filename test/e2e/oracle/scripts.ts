import type { Span } from "./observation.ts";

/** A program that belongs to no row: wakes supervisord up, which sees exits only then, and tells when the machine stalls. */
export const TICKER =
  "[program:ticker]\npriority=0\nstdout_logfile=/dev/null\nstdout_logfile_maxbytes=0\n" +
  "command=/fixtures/oracle-ticker.pl\n";

/** Children of probes are told by nobody that waits for them: until for a while none of them reports or ends any more. */
export const QUIET = String.raw`look() {
  cat /report/*:*
  for pid in $(sed -n 's/.*"event":"child","pid":"\([0-9]*\)".*/\1/p' /report/*:*); do
    kill -0 $pid 2>/dev/null && echo $pid
  done
}
same=0 before=
for _ in {1..300}; do
  now=$(look | sha256sum)
  if [ "$now" = "$before" ]; then same=$((same + 1)); else same=0 before=$now; fi
  [ $same -lt 15 ] || break
  sleep 0.1
done`;

/** Prints the pids of all processes but zombies. */
export const ALIVE = String.raw`grep -sL '^State:.Z' /proc/[0-9]*/status | sed 's|/proc/\(.*\)/status|\1|' || true`;

/** Prints when the ticker had no processor. */
export const STALLS = "cat /report/.stalls 2>/dev/null || true";

export function spans(text: string): Span[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const [from = 0, to = 0] = line.split(" ").map(Number);
    return { from, to };
  });
}
