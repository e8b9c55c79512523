/** The clouds whose API stops this container from within. */
export type PlatformKind = "vast" | "runpod";

/** How a cloud's API stops an instance, and which of the container's variables that takes. */
export interface Platform {
  name: string;
  /** What the cloud calls a container. */
  noun: string;
  idVariable: string;
  idPattern: RegExp;
  idExpected: string;
  keyVariable: string;
  /** Origin of the API. */
  api: string;
  method: "PUT" | "POST";
  path: (id: string) => string;
  body: Record<string, string> | undefined;
}

export const platforms: Record<PlatformKind, Platform> = {
  /** https://docs.vast.ai/api-reference/instances/manage-instance; a key of the instance may start, stop and destroy it. */
  vast: {
    name: "vast.ai",
    noun: "instance",
    idVariable: "CONTAINER_ID",
    idPattern: /^[1-9]\d{0,18}$/,
    idExpected: "the number of this instance",
    keyVariable: "CONTAINER_API_KEY",
    api: "https://console.vast.ai",
    method: "PUT",
    path: (id) => `/api/v0/instances/${id}/`,
    body: { state: "stopped" },
  },
  /** https://docs.runpod.io/api-reference/pods/POST/pods/podId/stop */
  runpod: {
    name: "RunPod",
    noun: "pod",
    idVariable: "RUNPOD_POD_ID",
    idPattern: /^[a-z0-9][a-z0-9-]{0,62}$/i,
    idExpected: "the id of this pod, letters and digits",
    keyVariable: "RUNPOD_API_KEY",
    api: "https://rest.runpod.io",
    method: "POST",
    path: (id) => `/v1/pods/${id}/stop`,
    body: undefined,
  },
};

export const isPlatformKind = (word: string): word is PlatformKind => Object.hasOwn(platforms, word);
