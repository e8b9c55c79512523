import manifest from "../../package.json" with { type: "json" };

/** Put in by scripts/build.ts; empty where the build knew none. */
declare const BUILD_COMMIT: string | undefined;

/** The version that package.json names, and the commit that the binary was built from. */
export const VERSION: string = manifest.version;
export const COMMIT: string | undefined = (typeof BUILD_COMMIT === "string" ? BUILD_COMMIT : "") || undefined;
