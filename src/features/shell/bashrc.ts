import { LOADED_MARK } from "../../env/session.ts";
import { adminSocket } from "../web/paths.ts";
import { tunnelsFile } from "../tunnels/watch.ts";
import { completionScript } from "./completion.ts";

const BEGIN = "# >>> ai-dock >>>";
const END = "# <<< ai-dock <<<";

/** A shell sources no file of another user: it would run with the rights of this one. */
const isOwn = (file: string) => `[ -r ${file} ] && [ -O ${file} ]`;

/** True in bash for the account, which alone can read its file beside root. Root sources what is surely its own. */
const isForAccount = (file: string) => `[ "\${EUID:-0}" != 0 ] && [ -r ${file} ]`;

/** What only root can ask for: addresses, and a link to log in. */
const announcements = () => `
  if [ -n "\${ai_dock_first-}" ] && [ -O ${tunnelsFile()} ]; then cat ${tunnelsFile()}; fi
  if [ -n "\${ai_dock_first-}" ] && [ -S ${adminSocket()} ]; then ai-dock web 2>/dev/null; fi`;

/** The lines behind the environment. No variable is evaluated; only micromamba's own hook is. */
const sessionLines = (more: string, begin: string) => `case $- in *i*)
  if [ -x "\${MAMBA_EXE-}" ]; then
    eval "$("$MAMBA_EXE" shell hook --shell bash 2>/dev/null)"
    case ":$PATH:" in
    *":\${CONDA_PREFIX:-none}/bin:"*) ;;
    *)
      unset CONDA_PREFIX CONDA_SHLVL
      micromamba activate "\${MAMBA_DEFAULT_ENV:-base}"
      ;;
    esac
  fi${more}
${completionScript}${begin}  ;;
esac
unset ai_dock_first
`;

/** The first shell of a session begins in the workspace, unless already the look for it would hang. */
const beginning = (isSilent: boolean) =>
  isSilent ? "" : `  if [ -n "\${ai_dock_first-}" ] && [ -d "\${WORKSPACE-}" ]; then cd "$WORKSPACE"; fi\n`;

/** Lines that hang must not keep anybody from a shell. */
const FUNCTIONS_SECONDS = 2;

/**
 * The functions that the lines of an image define, without the variables: those of the boot are here, and those that the
 * caller of this shell has set stay. Empty where the lines define none.
 */
const functions = (sourcedFile: string | undefined) =>
  sourcedFile === undefined
    ? ""
    : `
  eval "$(AI_DOCK_LINES=1 timeout ${FUNCTIONS_SECONDS} bash -c '. ${sourcedFile} >/dev/null 2>&1; declare -f' </dev/null 2>/dev/null)"`;

const rootsLines = (environmentFile: string, { sourced, isSilent = false }: BlockOptions) =>
  `if ${isOwn(environmentFile)}; then . ${environmentFile}; fi\n` +
  sessionLines(functions(sourced) + announcements(), beginning(isSilent));

export interface BlockOptions {
  /** What defines functions. */
  sourced?: string | undefined;
  /** The workspace did not answer at boot. */
  isSilent?: boolean;
}

const marked = (lines: string) => `${BEGIN}
# Rewritten at every boot; put lines of your own outside of it.
${lines}${END}
`;

/** The block for root's own .bashrc. */
export const rootsBlock = (environmentFile: string, options: BlockOptions = {}) =>
  marked(rootsLines(environmentFile, options));

/** /etc/profile has just reset PATH, and sources /etc/bash.bashrc before profile.d. */
const RESTORE_PATH = `if shopt -q login_shell; then PATH=\${${LOADED_MARK}:-$PATH}; fi\n`;

/** Environment files of those whose shells read /etc/bash.bashrc in place of a file of their own. */
export interface EveryonesFiles extends BlockOptions {
  /** Where root's home belongs to the host. */
  root?: string | undefined;
  /** Of the account, whose home is its own. */
  account?: string | undefined;
}

/** The block for /etc/bash.bashrc. Each of the files can be read by its own shells only. */
export const everyonesBlock = ({ root, account, ...options }: EveryonesFiles) =>
  marked(
    [
      root === undefined ? "" : `if ${isOwn(root)}; then\n${RESTORE_PATH}${rootsLines(root, options)}fi\n`,
      account === undefined
        ? ""
        : `if ${isForAccount(account)}; then\n${RESTORE_PATH}. ${account}\n${sessionLines(functions(options.sourced), beginning(options.isSilent ?? false))}fi\n`,
    ].join(""),
  );

/**
 * Returns a bashrc with our block exactly once, at the top: further down, the bashrc of Debian and Ubuntu returns early
 * from shells that are not interactive, such as that of `ssh host command`.
 */
export function withBlock(bashrc: string, block: string): string {
  const begin = bashrc.indexOf(BEGIN);
  if (begin === -1) return block + bashrc;
  const end = bashrc.indexOf(END, begin);
  // Without the end mark, only the begin mark is known to be ours.
  const after = end === -1 ? begin + BEGIN.length : end + END.length;
  return withBlock(bashrc.slice(0, begin) + bashrc.slice(after).replace(/^\n/, ""), block);
}

/**
 * The script in /etc/profile.d for login shells, readable by all as no value is in it. /etc/profile has just reset PATH: a
 * shell that is not the first of its session gets PATH back, unless a bashrc has done so and put entries in front.
 */
export const profileScript = (
  environmentFile: string,
  accountFile: string,
) => `# Written by ai-dock at every boot.
if [ -n "\${${LOADED_MARK}-}" ]; then
  case ":$PATH:" in
  *":$${LOADED_MARK}:"*) ;;
  *) PATH=$${LOADED_MARK} ;;
  esac
elif ${isOwn(environmentFile)}; then
  . ${environmentFile}
elif [ -r ${accountFile} ] && [ "$(id -u 2>/dev/null || echo 0)" != 0 ]; then
  . ${accountFile}
fi
`;
