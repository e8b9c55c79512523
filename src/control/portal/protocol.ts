import { z } from "zod";
import { idleField } from "../idle.ts";
import { bootField, noticesField, programStatusFields } from "../replies.ts";
import { serviceSchema } from "../service.ts";

/** A program as the portal sees it. */
export const portalProgramSchema = z.object({
  ...programStatusFields,
  /** `group:name`, or `name` of a program on its own: what `/action` takes. */
  id: z.string(),
  /** sshd, caddy and the portal: no action is taken on these. */
  protected: z.boolean(),
  /** The logs of its streams, by name in `/logs`; null for a stream without a log file there. */
  stdout_log: z.string().nullable(),
  stderr_log: z.string().nullable(),
});

/** How to reach the ssh server from outside. */
export const sshSchema = z.object({ host: z.string(), port: z.number().int(), user: z.string() });

export const portalStateSchema = z.object({
  version: z.string(),
  phase: z.enum(["booting", "running", "stopping"]),
  boot: bootField,
  /** Null where neither AI_DOCK_IDLE_MINUTES nor AI_DOCK_MAX_HOURS is set. */
  idle: idleField,
  notices: noticesField,
  programs: z.array(portalProgramSchema),
  services: z.array(serviceSchema),
  /** Null while no sshd runs. */
  ssh: sshSchema.nullable(),
});

export type PortalState = z.infer<typeof portalStateSchema>;

/** What the portal checks logins with; never logged, and kept in memory only. */
export const credentialsSchema = z.object({
  /** False with WEB_ENABLE_AUTH=false: nothing asks for a login. */
  login: z.boolean(),
  /** The name of the session cookie: `ai_dock_<8 hex digits>_session`. */
  cookie: z.string().regex(/^ai_dock_[0-9a-f]{8}_session$/),
  user: z.string(),
  password: z.string(),
  /** The API token, and further ones that count as well (OPEN_BUTTON_TOKEN). */
  tokens: z.array(z.string()).min(1),
  /** 32 bytes, base64: signs sessions. Another one after every change of the credentials. */
  sessionKey: z.string(),
  /** Guarded ports on which nothing is asked for (WEB_AUTH_EXCLUDE). */
  exclude: z.array(z.number().int()),
});

export type Credentials = z.infer<typeof credentialsSchema>;

/** What `requests.ts` reads by hand. */
export const portalActionRequest = z.object({
  action: z.enum(["start", "stop", "restart"]),
  names: z.array(z.string().min(1).max(512)).min(1).max(1000),
});

export type PortalActionRequest = z.infer<typeof portalActionRequest>;

/** One log: a stream of a program, of the boot or of a script. */
export const logEntrySchema = z.object({
  name: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  /** Index 0 is the file that is written to; the higher, the older. */
  generations: z.array(
    z.object({
      index: z.number().int(),
      size: z.number(),
      inode: z.number(),
      /** Of the last write, in epoch milliseconds. */
      modified: z.number(),
      /** When its bytes were written, in epoch milliseconds; told for logs that are asked for by name, as far as known. */
      spans: z.array(z.object({ from: z.number(), offset: z.number() })),
    }),
  ),
});

export type LogEntry = z.infer<typeof logEntrySchema>;

/** How far `ai-dock provision` is with the items of its manifest. */
export const provisioningSchema = z.object({
  running: z.boolean(),
  items: z.array(
    z.object({
      name: z.string(),
      /** `waiting`, `running`, `done`, and what else the provisioner says. */
      state: z.string(),
      /** Bytes; null where unknown. */
      received: z.number().nullable(),
      total: z.number().nullable(),
      /** Bytes a second. */
      rate: z.number().nullable(),
      /** Why it failed or was left out. */
      reason: z.string().nullable(),
    }),
  ),
});

export type Provisioning = z.infer<typeof provisioningSchema>;

/** The data of an event `log` of `/logs/watch`. */
export const logChangeSchema = z.object({
  name: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  inode: z.number(),
  size: z.number(),
});

export type LogChange = z.infer<typeof logChangeSchema>;

/** A row of `ai-dock env --json`, secrets redacted. */
export const environmentRowSchema = z.object({
  name: z.string(),
  value: z.string().nullable(),
  source: z.string(),
});

export type EnvironmentRow = z.infer<typeof environmentRowSchema>;

/** One of what `ai-dock doctor --json` prints. */
export const doctorRowSchema = z.object({
  name: z.string(),
  status: z.enum(["ok", "warning", "error"]),
  message: z.string(),
  fix: z.string().optional(),
});

export type DoctorRow = z.infer<typeof doctorRowSchema>;
