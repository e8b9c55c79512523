/** What an image's author writes: which folder of the storage belongs to which folders of apps. */
export const MAPPINGS = "/opt/ai-dock/storage_monitor/etc/mappings.sh";

/** Files that the image itself brings for the storage. */
export const BUNDLED = "/opt/storage";

/** The storage of a workspace, which has a slash at its end. */
export const storageIn = (workspace: string) => `${workspace}storage`;
