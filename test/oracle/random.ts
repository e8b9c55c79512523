/** Pieces that random configurations are put together from, by what they try out. */
const COMMAND = pieces(String.raw`a~b ~ ~"~'~\~;~ ;~#~ #~$~=~%%~x y~é`, "\n  ", "\n\t", "\n\n  ");
const PAIRS = pieces(String.raw`A~B~=~=~,~,~"~'~x~y z~ ~#~;~$~/~=1,~\~"q r"~%%`, "\n  ");
const FORMAT = pieces(
  "%(process_num)~%(program_name)~%(ENV_WHERE)~%(nope)s~%%~s~d~02d~5s~-4d~x~#x~+d~.2s~.3d~#o~05s~X~i~u~+05d~#06x~ d~08.3d~b~ ",
);
const VALUE = pieces("1~-~+~_~0~ ~kb~MB~7~x~o~.~8~gb~true~on~TERM~SIG~int~,");
const KEYS = pieces(
  "priority~startsecs~stopwaitsecs~exitcodes~umask~autostart~autorestart~stopsignal~redirect_stderr~numprocs_start",
  "stdout_logfile_maxbytes",
  "stderr_logfile_backups",
);
const LINES = pieces(
  "a=1~command=/bin/x~command: y~  indented~ ; c~# c~~  ~startsecs=3~priority = 4 ; x~  startsecs=9~\tz",
  "STARTSECS:2#3~autostart=no #x~environment=Q=1~process_name=q%(process_num)d~numprocs=2",
  "[program:b]~[program:b] ; c~[group:g]~programs=b~[DEFAULT]~[supervisord]",
  "junk~=~a;b ;c #d=1",
);

function pieces(...lists: string[]): string[] {
  return lists.flatMap((list) => list.split("~"));
}

/** Configurations that nobody would write, the same ones for the same seed. */
export function randomConfigurations(count: number, seed: number): string[] {
  let state = seed;
  const below = (limit: number) => {
    // A linear congruential generator; its low bits are poor.
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % limit;
  };
  const pick = (from: string[]) => from[below(from.length)]!;
  const some = (from: string[], most: number) => Array.from({ length: below(most) }, () => pick(from));
  const a = "[program:a]\ncommand=/bin/x";
  const makers = [
    () => `${a} ${some(COMMAND, 9).join("")}\nstartsecs=2\n`,
    () => `${a}\nenvironment=${some(PAIRS, 10).join("")}\nstartsecs=2\n`,
    () => `${a} ${some(FORMAT, 7).join("")}\nprocess_name=p%(process_num)s\nnumprocs=2\nnumprocs_start=9\n`,
    () => `${a}\n${pick(KEYS)}=${some(VALUE, 4).join("")}\n`,
    () => `${a}\n${some(LINES, 14).join("\n")}\n`,
  ];
  return Array.from({ length: count }, (_, index) => makers[index % makers.length]!());
}
