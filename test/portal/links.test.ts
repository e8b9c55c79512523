import { expect, test } from "bun:test";
import { linksOf } from "../../src/portal/page/links.ts";
import { services } from "./_portal.ts";

const [portalService, service] = services as [(typeof services)[0], (typeof services)[0]];
const at = (url: string) => new URL(url);
const direct = (url: string) => ({ ...service, links: [{ kind: "direct", url } as const] });
const behindTunnel = {
  ...portalService,
  links: [{ kind: "quick", url: "https://a-b.trycloudflare.com/" } as const],
};

test.each([
  ["http://localhost:41188/x?y", "http://192.0.2.1:1111/", "http://192.0.2.1:41188/x?y"],
  ["http://localhost:41188/", "http://[2001:db8::1]:1111/", "http://[2001:db8::1]:41188/"],
  ["http://localhost:41188/", "http://localhost:1111/", "http://localhost:41188/"],
  ["http://203.0.113.7:41188/", "http://192.0.2.1:1111/", "http://203.0.113.7:41188/"],
  ["http://localhost:41188/", "https://a-b.trycloudflare.com/", "http://localhost:41188/"],
])("%s on a page at %s is %s", (url, here, expected) => {
  expect(linksOf(direct(url), [behindTunnel], at(here))).toEqual([{ kind: "direct", url: expected }]);
});

test.each(["javascript:alert(1)", "data:text/html,x", "not a url"])("%s is no link", (url) => {
  expect(linksOf(direct(url), [], at("http://box:1111/"))).toEqual([
    { kind: "here", url: "http://box:8188/" },
  ]);
});
