import { describe, expect, it } from 'vitest';
import { bitRate } from '../../src/main/cli/machine-settings/adapter-options.ts';
import { forwardPorts } from '../../src/main/cli/networks/forward-commands.ts';

describe('what is written of networks on the command line', () => {
  it.each([
    ['8080:80', { hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80 }],
    ['0:22', { hostAddress: '127.0.0.1', hostPort: 0, guestPort: 22 }],
    ['0.0.0.0:8080:80', { hostAddress: '0.0.0.0', hostPort: 8080, guestPort: 80 }],
  ])('%s are ports', (text, ports) => {
    expect(forwardPorts(text)).toEqual(ports);
  });

  it.each(['80', '8080:0', '70000:80', 'web:80', '1:2:3'])('%s are none', (text) => {
    expect(() => forwardPorts(text)).toThrow('8080:80');
  });

  it('reads bits per second', () => {
    expect(['10M', '500k', '1.5G', '8000', 'none'].map(bitRate)).toEqual([10e6, 500e3, 1.5e9, 8000, null]);
    for (const text of ['10', '10MB', 'fast', '-1M']) expect(() => bitRate(text)).toThrow('bits per second');
  });
});
