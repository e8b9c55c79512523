/**
 * What our supervisorctl says otherwise than supervisord's, on purpose: how their text becomes ours, and why.
 * The transcript test fails when a line differs that none of these explains, and when one explains nothing.
 */
export const differences: { theirs: RegExp; ours: string; reason: string }[] = [
  {
    theirs: /Exited too quickly \(process log may have details\)/g,
    ours: "Exited too quickly (exit code 3)",
    reason: "the exit code tells more than a pointer to the log",
  },
  {
    theirs: /unix:\/\/\/var\/run\/supervisor\.sock/g,
    ours: "unix:///run/ai-dock/control.sock",
    reason: "the socket is another one; supervisord's path leads to it while we run",
  },
  {
    theirs:
      /^(?:ERROR: |error: <class 'xmlrpc\.client\.Fault'>, <Fault 92: ")CANT_REREAD: invalid literal for int\(\) with base 10: 'soon' (in section 'program:broken' \(file: '[^']*'\)).*$/gm,
    ours: 'ERROR: CANT_REREAD: line LINE: startsecs: expected a whole number, got "soon"; program "broken" is left out, $1',
    reason: "the mistake is told in our words, with its line, and by update as by reread",
  },
];

/** Lines of help behind a complaint: the words are ours. Everything after the complaint is left out. */
export const complaint = /^(Error|ERROR): (?:too few|too many|.* requires|.* accepts no|no process name).*$/m;
