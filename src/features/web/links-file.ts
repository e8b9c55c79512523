import { readFileSync } from "node:fs";
import { z } from "zod";
import { linkSchema, type Service } from "../../control/service.ts";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { ownDirectory } from "../../sys/own-directory.ts";
import { linksFile, webDirectory } from "./paths.ts";

const log = logger("web");

const linksSchema = z.array(z.object({ port: z.number(), name: z.string(), links: z.array(linkSchema) }));

/** Lets every user in the container know the addresses, as scripts of images ask for them. */
export class LinksFile {
  #written = "";

  /** Writes the addresses of now, if they differ from those of before. */
  write(services: Service[]): void {
    const text = JSON.stringify(services.map(({ port, name, links }) => ({ port, name, links })));
    if (text === this.#written) return;
    this.#written = text;
    try {
      ownDirectory(webDirectory());
      writeFileAtomic(linksFile(), text, 0o644);
    } catch (error) {
      log.debug(messageOf(error));
    }
  }
}

/** The addresses that the front has written; none where no front runs. */
export function readLinks(): z.infer<typeof linksSchema> {
  try {
    return linksSchema.parse(JSON.parse(readFileSync(linksFile(), "utf8")));
  } catch {
    return [];
  }
}
