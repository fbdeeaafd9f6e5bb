import * as z from 'zod';
import { call, Nothing } from './contract-call.ts';
import { EngineInfo } from './model/engine.ts';
import { CoreInfo, FolderListing, HostInfo } from './model/host.ts';

export const core = {
  info: call
    .route({ method: 'GET', path: '/core', summary: 'The running program', tags: ['core'] })
    .input(Nothing)
    .output(CoreInfo),
};

export const host = {
  info: call
    .route({ method: 'GET', path: '/host', summary: 'The computer and what it has left', tags: ['host'] })
    .input(Nothing)
    .output(HostInfo),
  doctor: call
    .route({
      method: 'GET',
      path: '/host/doctor',
      summary: 'Engines, what they can do, and what is missing',
      tags: ['host'],
    })
    .input(Nothing)
    .output(z.array(EngineInfo)),
  listFolder: call
    .route({
      method: 'GET',
      path: '/host/folder',
      summary: 'Entries of a folder on the host, for file dialogs',
      tags: ['host'],
    })
    .input(z.object({ path: z.string().optional() }))
    .output(FolderListing),
};
