import type { Service } from "../../control/service.ts";
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { writeFileAtomic } from "../../sys/fs.ts";
import { ownDirectory } from "../../sys/own-directory.ts";
import { linksFile, webDirectory } from "./paths.ts";

const log = logger("web");

/** Lets every user in the container know the addresses, as scripts of images ask for them. */
export class LinksFile {
  #written = "";

  /** Writes the addresses of now, if they differ from those of before. */
  write(services: Service[]): void {
    const text = JSON.stringify(services.map(({ port, name, links }) => ({ port, name, links })));
    if (text === this.#written) return;
    try {
      ownDirectory(webDirectory());
      writeFileAtomic(linksFile(), text, 0o644);
      this.#written = text;
    } catch (error) {
      log.debug(messageOf(error));
    }
  }
}
