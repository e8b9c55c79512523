// Runs a command COUNT times to its end; prints the milliseconds of each.
const [count, ...command] = process.argv.slice(2);
const times: number[] = [];
for (let round = 0; round < Number(count); round++) {
  const started = performance.now();
  Bun.spawnSync(command, { stdout: "ignore", stderr: "ignore" });
  times.push(performance.now() - started);
}
console.log(JSON.stringify(times));
