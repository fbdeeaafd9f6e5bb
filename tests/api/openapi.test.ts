import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeOpenApiDocument } from '../../src/main/api/openapi-document.ts';
import { programFolder, programVersion } from '../../src/main/program-folder.ts';
import { contract } from '../../src/shared/contract.ts';
import { ERROR_CODES } from '../../src/shared/errors.ts';

const document = await makeOpenApiDocument(programVersion());
const operations = Object.values(document.paths ?? {}).flatMap((path) => Object.values(path ?? {}));

describe('the OpenAPI document', () => {
  it('in docs/api is up to date (else run `node scripts/write-openapi.ts`)', () => {
    const written: unknown = JSON.parse(readFileSync(join(programFolder(), 'docs/api/openapi.json'), 'utf8'));
    expect(written).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('has every call of the contract, under its own name', () => {
    const calls = Object.entries(contract).flatMap(([noun, verbs]) =>
      Object.keys(verbs).map((verb) => `${noun}.${verb}`),
    );
    const names = operations.map((each) => (typeof each === 'object' && 'operationId' in each ? each.operationId : ''));
    expect(names.toSorted()).toEqual(calls.toSorted());
  });

  it('describes errors once, with every code of the list', () => {
    expect(document.components?.schemas?.Error).toMatchObject({
      properties: { code: { enum: Object.keys(ERROR_CODES) } },
    });
    for (const operation of operations) {
      expect(operation).toMatchObject({ responses: { default: { $ref: '#/components/responses/Error' } } });
    }
  });

  it('refers to no schema that it does not have', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
    const known = Object.keys(document.components?.schemas ?? {});
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter(([, name]) => !known.includes(name ?? ''))).toEqual([]);
  });
});
