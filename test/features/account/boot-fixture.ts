import { makeAccount } from "../../../src/features/account/step.ts";
import { bootContext } from "../context-fixture.ts";

/** The step of the account in a root directory, for a workspace of a uid. */
const [root = "", uid = ""] = process.argv.slice(2);
const ids = { WORKSPACE_UID: uid, WORKSPACE_GID: uid };
await makeAccount(bootContext({ USER_NAME: "me" }, { USER_NAME: "me", ...ids }), root);
