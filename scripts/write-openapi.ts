// Writes docs/api/openapi.json from the contract. A test fails when it is out of date.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeOpenApiDocument } from '../src/main/api/openapi-document.ts';
import { programFolder, programVersion } from '../src/main/program-folder.ts';

const file = join(programFolder(), 'docs/api/openapi.json');
mkdirSync(dirname(file), { recursive: true });
writeFileSync(`${file}.new`, `${JSON.stringify(await makeOpenApiDocument(programVersion()), null, 2)}\n`);
renameSync(`${file}.new`, file);
console.log(`Wrote ${file}`);
