/**
 * The bash completion; bash completes file names where there are no candidates. Candidates are read as lines, since word
 * splitting would expand a `*`.
 */
export const completionScript = `_ai_dock() {
  mapfile -t COMPREPLY < <(ai-dock completion words "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -o default -F _ai_dock ai-dock logtail.sh supervisorctl
`;
