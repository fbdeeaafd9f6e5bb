import { type HostReserve, USUAL_HOST_RESERVE } from '../shared/model/pool.ts';
import { api } from './api.ts';
import { observable } from './observable.ts';

/** What is kept for the computer itself; the usual share until the core has told. */
export const hostReserve = observable<HostReserve>(USUAL_HOST_RESERVE);

/** Asks the core. Without an answer what was known stays: the numbers that rest on it are an orientation. */
export async function loadHostReserve(): Promise<void> {
  try {
    hostReserve.set((await api.pool.budget({})).reserve);
  } catch {
    // The connection bar says why there is no answer.
  }
}
