import type { ORPCError } from '@orpc/client';
import type { OpenAPI } from '@orpc/contract';
import { OpenAPIGenerator } from '@orpc/openapi';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { contract } from '../../shared/contract.ts';
import { ERROR_CODES, isErrorCode } from '../../shared/errors.ts';
import { WorldEvent } from '../../shared/event-contract.ts';
import { EngineInfo } from '../../shared/model/engine.ts';
import { Machine, MachineConfig } from '../../shared/model/machine.ts';
import { Medium } from '../../shared/model/medium.ts';
import { Task } from '../../shared/model/task.ts';
import { UsageSample } from '../../shared/model/usage.ts';

/** Every call may answer with every code of the list, so one response describes them all. */
const ERROR_RESPONSE = {
  description: 'What went wrong and what to do next. The HTTP status belongs to the code.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

const ERROR_SCHEMA: OpenAPI.SchemaObject = {
  type: 'object',
  properties: {
    code: { type: 'string', enum: Object.keys(ERROR_CODES) },
    message: { type: 'string', description: 'What happened, with names in quotes and the state in brackets' },
    hint: { type: 'string', description: 'What to do next' },
    details: { type: 'object', additionalProperties: true, description: 'Plain data for programs' },
  },
  required: ['code', 'message'],
};

/** The OpenAPI document of the contract, the same for every core of this version. */
export async function makeOpenApiDocument(version: string): Promise<OpenAPI.Document> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] });
  const document = await generator.generate(contract, {
    info: {
      title: 'Innkeeper',
      version,
      description: 'Create and run virtual machines on this computer. Every call needs the token of the running core.',
    },
    servers: [{ url: '/api' }],
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    commonSchemas: {
      Machine: { schema: Machine },
      MachineConfig: { schema: MachineConfig },
      Medium: { schema: Medium },
      Task: { schema: Task },
      EngineInfo: { schema: EngineInfo },
      UsageSample: { schema: UsageSample },
      WorldEvent: { schema: WorldEvent },
    },
  });
  return withOneErrorResponse(document);
}

function withOneErrorResponse(document: OpenAPI.Document): OpenAPI.Document {
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path ?? {})) {
      if (typeof operation !== 'object' || !('responses' in operation)) continue;
      const good = Object.entries(operation.responses ?? {}).filter(([status]) => status.startsWith('2'));
      operation.responses = { ...Object.fromEntries(good), default: { $ref: '#/components/responses/Error' } };
    }
  }
  const { components = {} } = document;
  return {
    ...document,
    components: {
      ...components,
      schemas: { ...components.schemas, Error: ERROR_SCHEMA },
      responses: { Error: ERROR_RESPONSE },
    },
  };
}

/** The body of an error over HTTP, as the document describes it. Errors of the transport itself get a code of ours. */
export function encodeErrorBody(error: ORPCError<string, unknown>): Record<string, unknown> {
  if (!isErrorCode(error.code)) {
    return { code: error.status < 500 ? 'INVALID_INPUT' : 'INTERNAL', message: error.message };
  }
  const data = typeof error.data === 'object' ? error.data : {};
  return { code: error.code, message: error.message, ...data };
}
