import { admission } from './admission-contract.ts';
import { events } from './event-contract.ts';
import { group } from './group-contract.ts';
import { core, host } from './host-contract.ts';
import { machine } from './machine-contract.ts';
import { medium } from './medium-contract.ts';
import { network } from './network-contract.ts';
import { pool } from './pool-contract.ts';
import { snapshot } from './snapshot-contract.ts';
import { task } from './task-contract.ts';
import { usage } from './usage-contract.ts';

/**
 * Every call and every event of the program: the table of contents. Handlers, client, OpenAPI document and command
 * line come from it. `machine` in an input is a machine's name or id.
 */
export const contract = { core, host, machine, group, admission, snapshot, medium, network, pool, task, events, usage };
export type Contract = typeof contract;
