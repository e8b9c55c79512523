import type { ArgDef, ArgsDef, CommandDef, CommandMeta } from "citty";

/** What `commands` of src/cli holds, as far as it matters here. */
type Commands = Record<string, () => Promise<{ default: { definition: CommandDef } }>>;

interface Described {
  meta: CommandMeta;
  args: ArgsDef;
}

/** Every command that users see, in Markdown, from the definitions that parse its words and print its `--help`. */
export const commandReference = (commands: Commands) => reference(commands, ({ hidden }) => hidden !== true);

/** The commands that scripts of images call by their own names. */
export const scriptCommandReference = (commands: Commands) =>
  reference(
    commands,
    ({ hidden, name }) => hidden === true && !/^(ai-dock |supervisorctl$)/.test(name ?? ""),
  );

async function reference(commands: Commands, wanted: (meta: CommandMeta) => boolean): Promise<string> {
  const sections: string[] = [];
  for (const load of Object.values(commands)) {
    const { meta, args } = await describe((await load()).default.definition);
    if (!wanted(meta)) continue;
    sections.push(
      [`### ${meta.name}`, sentence(meta.description ?? ""), optionTable(args)].join("\n\n").trim(),
    );
  }
  return sections.join("\n\n");
}

/** citty lets each part of a definition be a value, a promise or a function. */
async function describe({ meta, args }: CommandDef): Promise<Described> {
  return {
    meta: (typeof meta === "function" ? await meta() : await meta) ?? {},
    args: (typeof args === "function" ? await args() : await args) ?? {},
  };
}

function optionTable(args: ArgsDef): string {
  const rows = Object.entries(args).flatMap(([name, definition]) => optionRows(name, definition));
  return rows.length === 0 ? "" : ["| Argument | Meaning |", "| --- | --- |", ...rows].join("\n");
}

function optionRows(name: string, definition: ArgDef): string[] {
  const { type, description = "" } = definition;
  if (type === "positional") return [row([name.toUpperCase()], description)];
  const long = `--${name}${type === "string" || type === "enum" ? ` ${name.toUpperCase()}` : ""}`;
  const aliases = "alias" in definition && definition.alias !== undefined ? [definition.alias].flat() : [];
  const names = [...aliases.map((alias) => `-${alias}`), long];
  const negative = "negativeDescription" in definition ? definition.negativeDescription : undefined;
  // What is on without a flag is documented by the flag that switches it off, as well.
  return [
    row(names, definition.default === true ? `${description} (the default)` : description),
    ...(negative === undefined ? [] : [row([`--no-${name}`], negative)]),
  ];
}

function row(names: string[], description: string): string {
  return `| ${names.map((name) => `\`${name}\``).join(", ")} | ${description.replaceAll("|", String.raw`\|`)} |`;
}

function sentence(text: string): string {
  return text === "" || /[.!?…]$/.test(text) ? text : `${text}.`;
}
