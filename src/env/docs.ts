import { defaultText } from "./describe.ts";
import { schema } from "./schema.ts";
import { variableMeta } from "./types.ts";

interface DocumentedVariable {
  name: string;
  description: string;
  fallback: string;
}

function documentedVariables(): DocumentedVariable[] {
  return Object.entries(schema).map(([name, type]) => {
    const { description, secret, defaultText: shown } = variableMeta(type);
    const more = secret === true ? ` (or \`${name}_FILE\`: a file that holds it)` : "";
    return { name, description: `${description}${more}`, fallback: shown ?? defaultText(name) ?? "" };
  });
}

/** The README's table of variables, in Markdown. */
export function environmentTable(): string {
  const rows = documentedVariables().map(
    ({ name, description, fallback }) =>
      `| \`${name}\` | ${description} | ${fallback === "" ? "" : `\`${fallback}\``} |`,
  );
  return ["| Variable | Description | Default |", "| --- | --- | --- |", ...rows].join("\n");
}

/** `.env.example` for compose.yaml: every variable with its description, all unset. */
export function environmentExample(compose: string): string {
  const lines = documentedVariables().flatMap(({ name, description, fallback }) => [
    `# ${description.replaceAll("`", "")}${fallback === "" ? "" : `. Default: ${fallback}`}`,
    `${name}=`,
    "",
  ]);
  return [compose.trimEnd(), "", ...lines].join("\n");
}
