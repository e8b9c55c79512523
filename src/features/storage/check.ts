import { type Check, warning } from "../check.ts";
import { mappingsObstacle } from "./mappings.ts";
import { MAPPINGS } from "./paths.ts";

/** Whether the list of what belongs where can be used; what became of it is in the note of its program. */
export const storageCheck: Check = () => {
  const obstacle = mappingsObstacle(MAPPINGS);
  if (obstacle === undefined || obstacle === "missing") return [];
  return [warning("storage links", obstacle.reason, `chown 0:0 ${MAPPINGS}; chmod 644 it, in the image`)];
};
