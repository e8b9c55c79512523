import { LOADED_MARK } from "../../env/session.ts";
import { tunnelsFile } from "../tunnels/watch.ts";
import { completionScript } from "./completion.ts";

const BEGIN = "# >>> ai-dock >>>";
const END = "# <<< ai-dock <<<";

/** A shell sources no file of another user: it would run with the rights of this one. */
const isOwn = (file: string) => `[ -r ${file} ] && [ -O ${file} ]`;

/** Everything here reads variables as data; only micromamba's own hook is evaluated. */
const rootsLines = (environmentFile: string) => `if ${isOwn(environmentFile)}; then . ${environmentFile}; fi
case $- in *i*)
  if [ -x "\${MAMBA_EXE-}" ]; then
    eval "$("$MAMBA_EXE" shell hook --shell bash 2>/dev/null)"
    case ":$PATH:" in
    *":\${CONDA_PREFIX:-none}/bin:"*) ;;
    *)
      unset CONDA_PREFIX CONDA_SHLVL
      micromamba activate "\${MAMBA_DEFAULT_ENV:-base}"
      ;;
    esac
  fi
  if [ -n "\${ai_dock_first-}" ] && [ -O ${tunnelsFile()} ]; then cat ${tunnelsFile()}; fi
${completionScript}  if [ -n "\${ai_dock_first-}" ] && [ -d "\${WORKSPACE-}" ]; then cd "$WORKSPACE"; fi
  ;;
esac
unset ai_dock_first
`;

const marked = (lines: string) => `${BEGIN}
# Rewritten at every boot; put lines of your own outside of it.
${lines}${END}
`;

/** For root's own .bashrc. */
export const rootsBlock = (environmentFile: string) => marked(rootsLines(environmentFile));

/**
 * For the bashrc of all users, where root's own belongs to the host. Only root can read the file with the
 * environment. /etc/profile has just reset PATH, and reads this before it reads profile.d.
 */
export const everyonesBlock = (environmentFile: string) =>
  marked(`if ${isOwn(environmentFile)}; then
if shopt -q login_shell; then PATH=\${${LOADED_MARK}:-$PATH}; fi
${rootsLines(environmentFile)}fi
`);

/**
 * The text of a bashrc with our block exactly once and at its top: below it, Debian and Ubuntu return early
 * from shells that are not interactive, and `ssh host command` is one.
 */
export function withBlock(bashrc: string, block: string): string {
  const begin = bashrc.indexOf(BEGIN);
  if (begin === -1) return block + bashrc;
  const end = bashrc.indexOf(END, begin);
  // Without its end only the mark is ours for sure.
  const after = end === -1 ? begin + BEGIN.length : end + END.length;
  return withBlock(bashrc.slice(0, begin) + bashrc.slice(after).replace(/^\n/, ""), block);
}

/**
 * For login shells, which read /etc/profile before .bashrc. Holds no values, so everyone may read it.
 * /etc/profile has just reset PATH; a shell that is not the first of its session needs it back, unless a bashrc
 * has seen to that and put something in front.
 */
export const profileScript = (environmentFile: string) => `# Written by ai-dock at every boot.
if [ -n "\${${LOADED_MARK}-}" ]; then
  case ":$PATH:" in
  *":$${LOADED_MARK}:"*) ;;
  *) PATH=$${LOADED_MARK} ;;
  esac
elif ${isOwn(environmentFile)}; then
  . ${environmentFile}
fi
`;
