/** Fault codes of supervisord (xmlrpc.py), and one for what it has no word for. */
export const Fault = {
  UNKNOWN_METHOD: 1,
  INCORRECT_PARAMETERS: 2,
  SIGNATURE_UNSUPPORTED: 4,
  SHUTDOWN_STATE: 6,
  BAD_NAME: 10,
  BAD_SIGNAL: 11,
  BAD_ARGUMENTS: 3,
  NO_FILE: 20,
  NOT_EXECUTABLE: 21,
  FAILED: 30,
  ABNORMAL_TERMINATION: 40,
  SPAWN_ERROR: 50,
  ALREADY_STARTED: 60,
  NOT_RUNNING: 70,
  SUCCESS: 80,
  ALREADY_ADDED: 90,
  STILL_RUNNING: 91,
  /** Waits for a dependency, or cannot run in this container: the text says it all. */
  NOT_STARTED: 1000,
} as const;

export type FaultName = keyof typeof Fault;

/** A call that failed in a way its caller can tell apart. */
export class RpcFault extends Error {
  override readonly name = "RpcFault";
  readonly code: number;

  /** `detail` follows the name of the fault, as in supervisord; NOT_STARTED is its text alone. */
  constructor(fault: FaultName, detail?: string) {
    super(fault === "NOT_STARTED" ? detail : detail === undefined ? fault : `${fault}: ${detail}`);
    this.code = Fault[fault];
  }
}
