// Uses the link that has led here. Who looks at links for others, as chats do for previews, runs no scripts.
document.querySelector<HTMLFormElement>("form")?.submit();
