import type { OpenAPI } from '@orpc/contract';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
details { margin: .25rem 0; }
summary { cursor: pointer; }
code, pre { font: .875rem/1.4 ui-monospace, monospace; }
pre { overflow: auto; padding: .75rem; background: color-mix(in srgb, currentColor 7%, transparent); border-radius: .375rem; }
.method { display: inline-block; min-width: 4rem; font-weight: 600; }
.says { opacity: .8; }
`;

interface Operation {
  method: string;
  path: string;
  details: OpenAPI.OperationObject;
}

/** A page that a person can read, without any script or anything from elsewhere: the calls by subject, with fields. */
export function renderApiPage(document: OpenAPI.Document): string {
  const operations = operationsOf(document);
  const subjects = [...new Set(operations.map(({ details }) => details.tags?.[0] ?? 'other'))];
  const sections = subjects.map((subject) => {
    const rows = operations.filter(({ details }) => details.tags?.[0] === subject).map(renderOperation);
    return `<h2 id="${escapeHtml(subject)}">${escapeHtml(subject)}</h2>\n${rows.join('\n')}`;
  });
  const schemas = Object.entries(document.components?.schemas ?? {}).map(
    ([name, schema]) =>
      `<details id="schema-${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary>${renderJson(schema)}</details>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Innkeeper API</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body>
<h1>Innkeeper API ${escapeHtml(document.info.version)}</h1>
<p>${escapeHtml(document.info.description ?? '')} Send it as <code>Authorization: Bearer &lt;token&gt;</code>. Errors are
<code>{ code, message, hint?, details? }</code>. For programs: <a href="/api/openapi.json">openapi.json</a>.</p>
${sections.join('\n')}
<h2 id="schemas">Schemas</h2>
${schemas.join('\n')}
</body>
</html>
`;
}

function operationsOf(document: OpenAPI.Document): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).flatMap(([method, details]) =>
      typeof details === 'object' && 'responses' in details ? [{ method: method.toUpperCase(), path, details }] : [],
    ),
  );
}

function renderOperation({ method, path, details }: Operation): string {
  const parts = [
    details.parameters?.length ? `<p>Parameters</p>${renderJson(details.parameters)}` : '',
    details.requestBody ? `<p>Body</p>${renderJson(details.requestBody)}` : '',
    details.responses ? `<p>Answers</p>${renderJson(details.responses)}` : '',
  ];
  return `<details><summary><code><span class="method">${method}</span> /api${escapeHtml(path)}</code>
<span class="says">${escapeHtml(details.summary ?? '')}</span></summary>${parts.join('')}</details>`;
}

function renderJson(value: unknown): string {
  return `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Makes any text safe inside an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
