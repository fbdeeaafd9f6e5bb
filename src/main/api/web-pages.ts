const page = (title: string, body: string, head = '') => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">${head}
<style>:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; } body { max-width: 36rem; margin: 4rem auto; padding: 0 1rem; }</style></head>
<body><h1>${title}</h1>${body}</body>
</html>
`;

/**
 * Leads on to the window once the cookie is set. A redirect would not do: browsers leave `SameSite=Strict` cookies out of
 * it when the address was clicked on a page of another site (RFC 6265bis §5.2), such as a terminal in a browser.
 */
export const WELCOME_PAGE = page('Innkeeper', '', '<meta http-equiv="refresh" content="0;url=/">');

/** Shown in place of the window to a browser that has no token. */
export const NO_TOKEN_PAGE = page(
  'Innkeeper does not know this browser',
  `<p>The address of the window carries a token that is made anew each time Innkeeper starts.</p>
<p>Open the address that <code>npm start</code> or <code>inn serve</code> printed last.</p>`,
);

/** Shown when the core runs and answers, but the window has not been built. */
export const NOT_BUILT_PAGE = page(
  'The window is not built yet',
  `<p>The core runs and answers, but the files of its window are missing.</p>
<p>Run <code>npm run build</code> in the folder of Innkeeper and reload this page. The calls are listed at
<a href="/api/">/api/</a> meanwhile.</p>`,
);
