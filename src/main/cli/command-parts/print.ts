import { describeState } from '../../../shared/machine-state.ts';
import type { EngineInfo } from '../../../shared/model/engine.ts';
import type { HostInfo } from '../../../shared/model/host.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import { osTypeOf } from '../../../shared/os-types.ts';
import { formatBytes, formatMiB } from '../../../shared/units.ts';

/** Rows as columns of equal width, two spaces apart; the last column is not padded. */
export function table(header: string[], rows: string[][]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `Label:  value` lines with the values in one column. */
export function fields(pairs: [string, string][]): string[] {
  const width = Math.max(...pairs.map(([label]) => label.length)) + 1;
  return pairs.map(([label, value]) => `${`${label}:`.padEnd(width)} ${value}`);
}

export function machineTable(machines: Machine[]): string[] {
  if (machines.length === 0) return ['No machines yet. Try `inn run --demo`, or `inn create --help`.'];
  return table(
    ['NAME', 'STATE', 'ENGINE', 'MEMORY', 'CPUS', 'ID'],
    machines.map(({ id, config, state, reason, engine }) => [
      config.name,
      describeState(state, reason),
      engine ?? 'none',
      formatMiB(config.memoryMiB),
      String(config.processors.count),
      id,
    ]),
  );
}

/** What of the motherboard, sound and priority is not as usual. */
function boardFields({ motherboard, audio, resources }: Machine['config']): [string, string][] {
  const { chipset, firmware, isSecureBoot, hasTpm, watchdog } = motherboard;
  const board = [
    firmware === 'uefi' ? (isSecureBoot ? 'UEFI with Secure Boot' : 'UEFI') : 'BIOS',
    ...[chipset === 'q35' ? 'Q35' : 'i440FX', ...(hasTpm ? ['TPM 2.0'] : [])],
    ...(watchdog === 'none' ? [] : [`watchdog (${watchdog})`]),
  ];
  const sound = audio.card === 'none' ? [] : [['Audio', audio.card] as [string, string]];
  const priority = resources.priority === 'normal' ? [] : [['Priority', resources.priority] as [string, string]];
  return [['Motherboard', board.join(', ')], ...sound, ...priority];
}

export function machineFields(machine: Machine): string[] {
  const { config } = machine;
  const drives = config.storage.flatMap((controller) =>
    controller.attachments.map((drive): [string, string] => [
      `${controller.name} ${drive.port}:${drive.device}`,
      `${drive.kind} ${drive.mediumId ?? '(empty)'}`,
    ]),
  );
  const adapters = config.adapters.map((adapter, index): [string, string] => [
    `Adapter ${index + 1}`,
    `${adapter.mode}, ${adapter.model}, ${adapter.macAddress}${adapter.isCableConnected ? '' : ', cable unplugged'}`,
  ]);
  return fields([
    ['Name', config.name],
    ['Id', machine.id],
    ['State', `${describeState(machine.state, machine.reason)} since ${machine.stateSince}`],
    ...(machine.reasonDetail ? ([['Detail', machine.reasonDetail]] as [string, string][]) : []),
    ['OS type', osTypeOf(config.osType).label],
    ['Engine', `${machine.engine ?? 'none'} (${machine.engineReason})`],
    ['Memory', formatMiB(config.memoryMiB)],
    ['Processors', `${config.processors.count}, execution cap ${config.processors.capPercent} %`],
    [
      'Boot',
      config.kernelBoot ? `Linux kernel (${config.kernelBoot.source})` : config.bootOrder.join(', ') || 'nothing',
    ],
    ...boardFields(config),
    ...drives,
    ...adapters,
    ['Warm start', machine.hasWarmStart ? 'kept' : config.keepsWarmStart ? 'kept after the next boot' : 'off'],
    ['Process', machine.pid === null ? 'none' : String(machine.pid)],
    ['Folder', machine.folder],
    ['Revision', String(machine.revision)],
    ...(config.description ? ([['Description', config.description]] as [string, string][]) : []),
  ]);
}

export function hostFields(host: HostInfo): string[] {
  return fields([
    ['Host', `${host.hostname} (${host.osName}, ${host.architecture})`],
    ['Processor', `${host.processorModel}, ${host.processors} usable`],
    ['Memory', `${formatBytes(host.memoryAvailableBytes)} available of ${formatBytes(host.memoryTotalBytes)}`],
    ['Storage', `${formatBytes(host.storageFreeBytes)} free of ${formatBytes(host.storageTotalBytes)}`],
    ['Data folder', host.dataFolder],
  ]);
}

export function doctorLines(engines: EngineInfo[]): string[] {
  return engines.flatMap((engine) => [
    `${engine.isAvailable ? '✔' : '✘'} ${engine.name}${engine.version ? ` ${engine.version}` : ''}${engine.acceleration ? ` (${engine.acceleration})` : ''}`,
    ...engine.findings.flatMap((finding) => [
      `   ${finding.isGood ? '·' : '!'} ${finding.subject}: ${finding.cause}`,
      ...(finding.cure ? [`     ${finding.cure}`] : []),
    ]),
  ]);
}
