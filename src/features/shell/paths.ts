import { runtimePath } from "../../sys/runtime-directory.ts";

/** The file that scripts of images source, while an image is built and in containers; layers append to it. */
export const SOURCED_FILE = "/opt/ai-dock/etc/environment.sh";

/** The boot environment for root's shells, of mode 0600: it holds secrets. */
export const environmentFile = () => runtimePath("environment.sh");

/** The same for the account that programs run as; nobody else may read it. */
export const accountEnvironmentFile = () => runtimePath("account-environment.sh");
