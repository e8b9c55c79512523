import { z } from "zod";
import { manifestSchema } from "./schema.ts";

/** The keys that a mapping at a path of a manifest may have. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  let types: z.ZodType[] = [manifestSchema];
  for (const step of path) types = types.flatMap((type) => within(type, step));
  return types.flatMap((type) => objectsIn(type)).flatMap((type) => Object.keys(type.shape));
}

function within(type: z.ZodType, step: PropertyKey): z.ZodType[] {
  if (typeof step === "number") return arraysIn(type).map((list) => list.element as z.ZodType);
  return objectsIn(type).flatMap(({ shape }) => {
    const found = (shape as Record<string, z.ZodType>)[String(step)];
    return found === undefined ? [] : [found];
  });
}

const objectsIn = (type: z.ZodType) => kinds(type).filter((kind) => kind instanceof z.ZodObject);
const arraysIn = (type: z.ZodType) => kinds(type).filter((kind) => kind instanceof z.ZodArray);

/** A type without what is around it: optional, default, one of several. */
function kinds(type: z.ZodType): z.ZodType[] {
  if (type instanceof z.ZodOptional || type instanceof z.ZodDefault) return kinds(type.unwrap() as z.ZodType);
  if (type instanceof z.ZodUnion) return type.options.flatMap((option) => kinds(option as z.ZodType));
  return [type];
}
