/** What bash runs at TAB; bash itself completes file names where there is nothing else. */
export const completionScript = `_ai_dock() {
  local IFS=$'\\n'
  COMPREPLY=($(ai-dock completion words "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null))
}
complete -o default -F _ai_dock ai-dock logtail.sh supervisorctl
`;
