import type { MachineId } from '../shared/model/machine.ts';
import { observable, storedObservable } from './observable.ts';

export type MachineTab = 'details' | 'console' | 'snapshots' | 'log';

/** The parts of the page about what host and machines do. */
export type ActivityTab = 'now' | 'history' | 'pools' | 'usage' | 'advice';

/** The parts of the page about networks. */
export type NetworkTab = 'list' | 'map' | 'isolation';

/** What the window shows: a machine, the media, the networks, what is done, or the page of the engines. */
export interface View {
  page: 'machine' | 'media' | 'networks' | 'activity' | 'doctor';
  /** The machine that commands and pages are about: the one chosen last. */
  machineId: MachineId | null;
  /** All chosen machines; `machineId` is among them. */
  selection: readonly MachineId[];
  tab: MachineTab;
  activityTab: ActivityTab;
  networkTab: NetworkTab;
  search: string;
  /** Somebody asked for the console: keyboard and mouse go to the guest as soon as its screen is there. */
  wantsScreen: boolean;
}

export const view = observable<View>({
  page: 'machine',
  machineId: null,
  selection: [],
  tab: 'details',
  activityTab: 'now',
  networkTab: 'list',
  search: '',
  wantsScreen: false,
});

export function selectMachine(machineId: MachineId | null): void {
  const selection = machineId === null ? [] : [machineId];
  view.update((now) => ({ ...now, page: 'machine', machineId, selection, wantsScreen: false }));
}

export function showMedia(): void {
  view.update((now) => ({ ...now, page: 'media' }));
}

export function showNetworks(networkTab: NetworkTab = view.get().networkTab): void {
  view.update((now) => ({ ...now, page: 'networks', networkTab }));
}

export function showActivity(activityTab: ActivityTab = view.get().activityTab): void {
  view.update((now) => ({ ...now, page: 'activity', activityTab }));
}

/** Chooses several machines; the last is the one that the window is about. */
export function selectMachines(selection: readonly MachineId[], machineId: MachineId | null): void {
  view.update((now) => ({ ...now, page: 'machine', machineId, selection, wantsScreen: false }));
}

export function showTab(machineId: MachineId, tab: MachineTab): void {
  view.update((now) => ({ ...now, page: 'machine', machineId, selection: [machineId], tab }));
}

/** Shows the console and gives it the keyboard. */
export function showConsole(machineId: MachineId): void {
  view.update((now) => ({
    ...now,
    page: 'machine',
    machineId,
    selection: [machineId],
    tab: 'console',
    wantsScreen: true,
  }));
}

/** Gives the keyboard to the guest's screen, if it is shown. */
export function focusScreen(): void {
  view.update((now) => ({ ...now, wantsScreen: now.tab === 'console' }));
}

/** Choices of this window that outlive it. Nothing of a machine is kept here. */
export interface Preferences {
  colorScheme: 'auto' | 'light' | 'dark';
  collapsedGroups: string[];
  collapsedBlocks: string[];
  showsSnapshotDetails: boolean;
  isMeterOpen: boolean;
  listWidthPx: number;
  fitsScreen: boolean;
  skipsPowerOffQuestion: boolean;
  skipsResetQuestion: boolean;
  knowsHostKey: boolean;
}

export const preferences = storedObservable<Preferences>('innkeeper.preferences', {
  colorScheme: 'auto',
  collapsedGroups: [],
  collapsedBlocks: [],
  showsSnapshotDetails: true,
  isMeterOpen: false,
  listWidthPx: 272,
  fitsScreen: true,
  skipsPowerOffQuestion: false,
  skipsResetQuestion: false,
  knowsHostKey: false,
});

export function setPreference<K extends keyof Preferences>(key: K, value: Preferences[K]): void {
  preferences.update((now) => ({ ...now, [key]: value }));
}

/** Adds the item when it is absent and removes it when it is there. */
export function toggled(items: readonly string[], item: string): string[] {
  return items.includes(item) ? items.filter((each) => each !== item) : [...items, item];
}
