import { expect, test } from "bun:test";
import { webSettings } from "../../../src/features/web/settings.ts";

test.each([
  ["nothing", {}, 1111],
  ["the name of ai-dock's later images", { SERVICEPORTAL_PORT_HOST: "1234" }, 1234],
  ["both", { SERVICEPORTAL_PORT_HOST: "1234", AI_DOCK_PORTAL_PORT: "4321" }, 4321],
  ["a port that the cloud has not chosen", { SERVICEPORTAL_PORT_HOST: "71111" }, 1111],
  ["an empty one", { SERVICEPORTAL_PORT_HOST: "" }, 1111],
])("the portal's port with %s", (_, env, port) => {
  expect(webSettings(env).portalPort).toBe(port);
});
