/**
 * What is different in every case, and therefore taken out before the readings are compared
 * (view.ts and oracle.test.ts), and why.
 */
export const everywhere = {
  "one program, not all":
    "supervisord refuses to start at all; a broken drop-in must not cost the other programs, or ssh",
  "own keys": "depends_on, ready, web_port and web_name mean something; supervisord ignores unknown keys",
  "default logs":
    "AUTO and no log file at all mean /var/log/supervisor/NAME.log, where users look; supervisord makes temporary files that it deletes at every start",
  "container output":
    "/dev/stdout and its kind are the container's own output, which carries every program anyway",
  "no file": "/dev/null and an empty log path mean no log, as NONE does",
  "below 0": "negative times and counts have the effect of 0 in supervisord, so they are 0",
  "umask bits": "the kernel takes nine bits of an umask; the others are dropped when it is read",
  "empty command": "fails at its start in the same words, but is found while reading",
  "order within a group": "by priority, then by name; supervisord goes by the order of programs=",
} as const;

/**
 * Every other way in which we read a configuration differently from supervisord, on purpose, and why.
 * The oracle test fails when a case differs without naming one of these, or names one and does not differ.
 */
export const differences = {
  "log folder is made":
    "a log folder that is not there is no reason to refuse: it is made when the log is opened",
  "relative logs":
    "a relative log path starts in /var/log/supervisor, where logs are looked for, not in the folder of the daemon",
  "quoted process_name":
    'the original image wrote process_name=="…", which supervisord takes literally; the name meant is used, the literal one stays an alias',
  "USER_NAME in place":
    "images of the ai-dock family write $USER_NAME, which their init replaced in the files before supervisord read them",
  "lone percent": "supervisord puts all names and values, the environment included, in place of a lone %s",
  representations: "%(name)a and %(name)r make Python literals, which no configuration needs",
  "one expansion":
    "log paths and the shared environment are expanded once, not twice: a value may hold a percent sign",
  "broken header":
    "after a header without its closing bracket, supervisord counts its keys to the section above",
  "empty directory": "supervisord fails at every start to change to a folder without a name",
  "signal 0": "stopping by signal 0 does nothing but wait for SIGKILL",
  "real-time signals": "every signal that exists may be used, real-time ones by number too",
  "unusable names":
    "a slash, colon, space or line break breaks names just as much when it comes from a variable or a second line",
  "same name twice": "two processes of one name in one group could not be told apart",
  "byte order mark": "a byte order mark is no part of the first header",
  "nested include": "included files may include further ones, relative to themselves",
  "foreign sections": "settings of supervisord's servers and event listeners have no effect, right or wrong",
} as const;

export type Difference = keyof typeof differences;

/** What only we tell programs: the contract of the images of the ai-dock family, and what the boot found. */
export const OUR_VARIABLES = /^(?:WORKSPACE\w*|GPU_COUNT|RCLONE_MOUNT_COUNT|DEBUG|AI_DOCK_\w+)$/;

/** Signals that supervisord's programs inherit as ignored from Python, as bits of SigIgn: SIGPIPE and SIGXFSZ. */
export const IGNORED_BY_PYTHON = (1n << 12n) | (1n << 24n);

/** What is different in the behaviour of every program, and therefore not compared, and why. */
export const behaviourEverywhere = {
  "own session": "a program is the leader of a session, too, so that no terminal of ours is its own",
  "file locks":
    "the limit on file locks, which Linux ignores, marks what a program starts, so that a stop leaves nothing",
  "server url": "SUPERVISOR_SERVER_URL names our socket",
  "ignored signals": "programs start with clean signals; theirs inherit IGNORED_BY_PYTHON",
  "boot variables": "OUR_VARIABLES come from the boot",
  "container output": "every program's output is on the container's own output as well",
  "Exited too quickly": "ours goes on with the exit code, theirs with a pointer to the log",
} as const;

/**
 * Every other way in which we run a program differently from supervisord, on purpose, and why. The behaviour
 * test fails when a row differs without naming one of these, or names one and does not differ.
 */
export const behaviour = {
  "delay after a crash":
    "a program that keeps crashing after it came up is restarted ever more slowly, not without end at full speed",
  "early expected exit": "an expected exit code before startsecs is no failure to start",
  wording: "says why a file is not executable",
  "failure without a process":
    "what keeps a program from being executed is found before there is a process, and said in status",
  "directory of others":
    "the directory is entered before the user is taken on, so that it need not be open to that user",
  "relative command": "a relative command is looked for in the program's directory, where it is run",
  "order within a group": everywhere["order within a group"],
  "byte order mark": differences["byte order mark"],
  "default logs": everywhere["default logs"],
  "relative logs": differences["relative logs"],
  "log folder is made": differences["log folder is made"],
  "equal priorities stop together": "programs of one priority stop at the same time",
  "nothing is left": "a stop ends everything that the program has started",
  "container output": "stderr without a file is on the container's output",
} as const;

export type BehaviourDifference = keyof typeof behaviour;
