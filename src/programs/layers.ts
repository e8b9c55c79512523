import { createDefu } from "defu";
import { programDefaults, type ProgramSpec } from "./spec.ts";

/** A part of a spec; an undefined field is left to the layers below. */
export type SpecLayer = { [Field in keyof ProgramSpec]?: ProgramSpec[Field] | undefined };

type Identity = "name" | "group" | "command" | "stdout" | "stderr" | "origin";

/** The layer with the fields that have no default. */
export type NamedLayer = Omit<SpecLayer, Identity> & Pick<ProgramSpec, Identity>;

/** Fields are taken whole: the lists, environments and logs of two layers do not mix. */
const layer = createDefu((spec, field, value) => {
  spec[field] = value;
  return true;
});

/** Lays settings of a program over each other, the most particular layer first, and all over supervisord's defaults. */
export function layerSpec(named: NamedLayer, ...layers: SpecLayer[]): ProgramSpec {
  return layer(named, ...layers, programDefaults) as ProgramSpec;
}
