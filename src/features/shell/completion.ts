/**
 * What bash runs at TAB; bash itself completes file names where there is nothing else. Candidates are read as
 * lines: a `*` among words would become the names of files.
 */
export const completionScript = `_ai_dock() {
  mapfile -t COMPREPLY < <(ai-dock completion words "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -o default -F _ai_dock ai-dock logtail.sh supervisorctl
`;
