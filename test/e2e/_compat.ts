import { resolve } from "node:path";
import { IMAGE } from "./_arguments.ts";
import { must } from "./_run.ts";

/** A gigabyte of packages, the first time. */
export const COMPAT_BUILD_MILLISECONDS = 15 * 60_000;

/** The tested image in its compat flavour; only the first build of its packages takes time. */
export const COMPAT = `${IMAGE}-compat`;

/** Builds that image from the same binary. */
export async function buildCompat(): Promise<string> {
  const env = { AI_DOCK_FLAVOUR: "compat", AI_DOCK_TEST_IMAGE: IMAGE };
  await must(["scripts/lib/image.sh", "test", COMPAT], { cwd: resolve(import.meta.dir, "../.."), env });
  return COMPAT;
}
