import type {
  CondaSpec,
  DownloadSpec,
  ExtensionSpec,
  FileSpec,
  PipSpec,
  RepositorySpec,
  ServiceSpec,
} from "../manifest/schema.ts";

/** A command of the manifest. */
export interface CommandSpec {
  command: string;
  cwd?: string;
}

/** What an item is to do, by its kind. */
export type Work =
  | { kind: "file"; spec: FileSpec }
  | { kind: "apt"; spec: { packages: string[] } }
  | { kind: "pip"; spec: PipSpec }
  | { kind: "conda"; spec: CondaSpec }
  | { kind: "git"; spec: RepositorySpec & { dest: string } }
  | { kind: "download"; spec: DownloadSpec }
  | { kind: "service"; spec: ServiceSpec }
  | { kind: "command"; spec: CommandSpec }
  | { kind: "extension"; spec: ExtensionSpec };

export type Kind = Work["kind"];

/** One thing to provision. */
export type Item = Work & {
  /** Unique; `needs` and `depends_on=provisioning:ID` name items by it. */
  id: string;
  /** What messages call the item; without secrets. */
  label: string;
  /** A failure does not fail the provisioning. */
  optional: boolean;
  /** Items that have to be done: where one of them fails, this one is not begun. */
  needs: string[];
  /** Items that have to have ended, however. */
  after: string[];
  /** Conditions that all have to hold. */
  when: string[];
};
