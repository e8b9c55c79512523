import { markup, page } from "./html.ts";

/** The login page; `next` is where it leads, `message` what went wrong. */
export function loginPage(next: string, message?: string): string {
  const alert = message === undefined ? undefined : markup`<p class="alert" role="alert">${message}</p>`;
  return page(
    "Log in",
    markup`<main class="card login">
<h1><img src="/ai-dock/assets/icon.svg" alt="" width="32" height="32">Log in</h1>
${alert}
<form method="post" action="/ai-dock/login">
<input type="hidden" name="next" value="${next}">
<label for="user">User</label>
<input id="user" name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button class="primary" type="submit">Log in</button>
</form>
<p class="hint">Where to find them: <code>ai-dock web</code> in a shell of the container prints a link that logs you in once.</p>
</main>`,
  );
}

/** Where a link that logs in once leads: the code counts with the button, which a script presses for browsers. */
export function enterPage(code: string, next: string): string {
  return page(
    "Log in",
    markup`<main class="card login">
<h1><img src="/ai-dock/assets/icon.svg" alt="" width="32" height="32">Log in</h1>
<form method="post" action="/ai-dock/pre-auth">
<input type="hidden" name="next" value="${next}">
<input type="hidden" name="code" value="${code}">
<button class="primary" type="submit">Log in</button>
</form>
<p class="hint">This link logs you in once.</p>
</main>`,
    "enter.js",
  );
}

/** A link must not log anybody out, as any page could hold it; a button does. */
export function logoutPage(): string {
  return page(
    "Log out",
    markup`<main class="card login">
<h1>Log out</h1>
<form method="post" action="/ai-dock/logout"><button class="primary" type="submit">Log out</button></form>
<p class="hint"><a href="/">Stay logged in</a></p>
</main>`,
  );
}
