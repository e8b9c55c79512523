/**
 * What end-to-end tests are written with: real containers of the built image, the machine's own ssh client.
 * The engine is the one `docker` talks to (DOCKER_HOST), the image is AI_DOCK_TEST_IMAGE.
 */
import { setDefaultTimeout } from "bun:test";

// A guard against a hung engine; every wait inside a test has its own limit and says what it waited for.
setDefaultTimeout(420_000);

export { type BootOptions, IMAGE, PEERS_IMAGE } from "./_arguments.ts";
export { boot, Container, type ContainerState, type ExecOptions } from "./_container.ts";
export { must, type Result, run, RUN_ID, tempFolder, waitFor, type WaitOptions } from "./_run.ts";
export { type Keypair, keypair, sshArgv, type SshOptions } from "./_ssh.ts";
export { runAttached, runTerminal, Terminal } from "./_terminal.ts";
