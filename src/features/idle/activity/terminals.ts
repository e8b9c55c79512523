import { typedTimes } from "../../../sys/terminals.ts";
import { seen, type Source } from "./activity.ts";

/** Typing on terminals: of ssh sessions, of `docker exec -it`, of tmux and of terminals in a browser. */
export function terminalsSource(list: () => Map<string, number> = typedTimes): Source {
  let before: Map<string, number> | undefined;
  return {
    name: "terminal",
    look() {
      const last = before;
      before = list();
      if (last === undefined) return [];
      return [...before].flatMap(([name, time]) => {
        const was = last.get(name);
        if (was === undefined) return [seen("terminal", `terminal pts/${name} was opened`)];
        return was === time ? [] : [seen("terminal", `typing on pts/${name}`)];
      });
    },
  };
}
