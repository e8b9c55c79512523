const COMPLETE = "complete";

/**
 * Sources the script $1 with its own path as $0, and writes the exported variables to $2 however the script ends: at its
 * last line, by `exit`, `return`, `set -e` or a syntax error.
 *
 * Our EXIT trap does that. A function hides the builtin `trap`, so that a script's own EXIT trap runs after ours in place
 * of ours; subshells get the builtin. A function cannot change an ERR, DEBUG or RETURN trap that is set (bash restores
 * the trap), so these traps evaluate a variable.
 *
 * In POSIX mode bash neither defines nor calls a function named `trap`. The wrapper leaves that mode for its definitions,
 * which unsets POSIXLY_CORRECT; assigning the variable again enters the mode. An alias, which POSIX mode expands in
 * scripts, stands for the function then.
 */
const WRAPPER = `
__ai_dock_file=$1 __ai_dock_out=$2 __ai_dock_flags=$3 __ai_dock_trap= __ai_dock_code=
shift $#
__ai_dock_posix=
case :$SHELLOPTS: in *:posix:*) __ai_dock_posix=\${POSIXLY_CORRECT@A} ;; esac
set +o posix
__ai_dock_dump() { builtin command -p env -0 >|"$__ai_dock_out" && builtin printf ${COMPLETE} >>"$__ai_dock_out" || :; }
__ai_dock_status() { return "$__ai_dock_code"; }
__ai_dock_end() {
  if [ "$__ai_dock_code" = 0 ]; then eval "$__ai_dock_trap"; else __ai_dock_status || eval "$__ai_dock_trap"; fi
}
__ai_dock_on() {
  if [ "$2" = - ]; then builtin printf -v "__ai_dock_$1" %s ''; else builtin printf -v "__ai_dock_$1" %s "$2"; fi
  builtin trap 'eval "$__ai_dock_'"$1"'"' "$1"
}
trap() { __ai_dock_set_trap "$@"; }
__ai_dock_set_trap() {
  { local -; set +x; } 2>/dev/null
  if [ "$BASH_SUBSHELL" != 0 ]; then builtin trap "$@"; return; fi
  [ "\${1-}" != -- ] || shift
  case \${1-} in
  '' ) [ $# != 0 ] || { builtin trap; return; } ;;
  -?*) builtin trap "$@"; return ;;
  esac
  local action=$1 condition
  local -a others=()
  case $#:$1 in
  1:* | *:[0-9] | *:[0-9][0-9]) action=- ;;
  *) shift ;;
  esac
  for condition; do
    case $condition in
    0 | [Ee][Xx][Ii][Tt]) if [ "$action" = - ]; then __ai_dock_trap=; else __ai_dock_trap=$action; fi ;;
    [Ee][Rr][Rr]) __ai_dock_on ERR "$action" ;;
    [Dd][Ee][Bb][Uu][Gg]) __ai_dock_on DEBUG "$action" ;;
    [Rr][Ee][Tt][Uu][Rr][Nn]) __ai_dock_on RETURN "$action" ;;
    *) others+=("$condition") ;;
    esac
  done
  [ "\${#others[@]}" = 0 ] || builtin trap -- "$action" "\${others[@]}"
}
if [ -n "$__ai_dock_posix" ]; then eval "$__ai_dock_posix"; alias trap=__ai_dock_set_trap; fi
builtin trap '{ __ai_dock_code=$?; __ai_dock_dump; } 2>/dev/null; [ -z "$__ai_dock_trap" ] || __ai_dock_end' EXIT
[ -z "$__ai_dock_flags" ] || set $__ai_dock_flags
. "$__ai_dock_file"
`;

export interface BashScript {
  /** The script's own path, which becomes $0. */
  path: string;
  /** The file to source: the script, or a copy with mended line ends. */
  file: string;
  /** The file for the exported variables. */
  dump: string;
  flags: string[];
}

/** The command that runs a script and dumps its exported variables. */
export function bashCommand({ path, file, dump, flags }: BashScript): string[] {
  return ["/bin/bash", "--noprofile", "--norc", "-c", WRAPPER, path, file, dump, flags.join(" ")];
}

/** The variables in a dump; undefined for a dump that is cut short. */
export function parseDump(dump: string): Map<string, string> | undefined {
  if (!dump.endsWith(`\0${COMPLETE}`)) return undefined;
  const pairs = dump.slice(0, -COMPLETE.length - 1).split("\0");
  return new Map(
    pairs.map((pair) => {
      const end = pair.indexOf("=");
      return [pair.slice(0, end), pair.slice(end + 1)];
    }),
  );
}
