import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { PortForward } from '../../../src/main/networks/gateway/port-forward.ts';
import type { GuestSocket } from './guest-socket.ts';
import type { ScriptedGuest } from './scripted-guest.ts';
import { type TestNetwork, testNetwork } from './test-network.ts';

const FORWARD: PortForward = {
  ...{ id: 'web', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 0, guestPort: 80 },
  target: { address: '10.0.2.20' },
};
const PORT_ID = 'machine-20/0';

/** A network whose one guest is put to sleep and woken step by step, as the core does it. */
async function openNight() {
  const asleep = new Set<string>();
  const waiting: string[] = [];
  const net = testNetwork({
    isAsleep: ({ id }) => asleep.has(id),
    onWaiting: ({ id }) => {
      if (asleep.has(id)) waiting.push(id);
      return asleep.has(id);
    },
  });
  const guest = await net.guest(20);
  const port = await net.gateway.addForward(FORWARD);
  return {
    ...{ net, guest, port, waiting },
    /** Those who sleep, as the network's process is told. */
    tell: (...ids: string[]) => {
      asleep.clear();
      for (const id of ids) asleep.add(id);
      net.gateway.lookAtSleepers();
    },
    /** The machine's process has ended. */
    leave: () => {
      guest.isUp = false;
      net.gateway.forgetPort(PORT_ID);
      guest.cable.unplug();
    },
    wake: () => {
      guest.cable.replug();
      guest.isUp = true;
      asleep.clear();
      net.gateway.lookAtSleepers();
    },
    [Symbol.asyncDispose]: () => net[Symbol.asyncDispose](),
  };
}

/** A client with what it has read once the other side has ended; rejects when it is reset. */
function client(port: number): { socket: Socket; answer: Promise<string> } {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  const read = async (): Promise<string> => {
    let text = '';
    for await (const part of socket) text += part;
    return text;
  };
  const answer = read();
  answer.catch(() => undefined); // a test that expects a reset says so itself
  return { socket, answer };
}

const answering = (socket: GuestSocket): void => {
  void socket.received(3).then(() => reply(socket, `you said ${socket.text}`));
};
function reply(socket: GuestSocket, text: string): void {
  socket.endpoint.write(Buffer.from(text));
  socket.endpoint.end();
}

/** A connection that is open at both ends; the guest has read `said`, where the client has said something. */
async function joined({ guest, port }: { guest: ScriptedGuest; port: number }, said = '') {
  const taken = Promise.withResolvers<GuestSocket>();
  guest.listen(80, taken.resolve);
  const own = client(port);
  if (said !== '') own.socket.write(said);
  const inGuest = await taken.promise;
  await inGuest.opened;
  await inGuest.received(said.length);
  return { ...own, inGuest };
}

const flowsOf = ({ gateway }: TestNetwork) => gateway.report().flows;

describe('a client that connects in the moment in which its machine goes to sleep', () => {
  it('is held when the guest stood still before it could answer, and answered when it has woken', async () => {
    await using night = await openNight();
    const { net, guest, port, waiting } = night;
    guest.listen(80, answering);
    guest.isUp = false; // it stands; nobody knows yet
    const { socket, answer } = client(port);
    socket.write('GET');
    await expect.poll(() => flowsOf(net)).toMatchObject([{ state: 'synSent' }]);
    night.tell('web');
    expect(waiting).toEqual(['web']);
    night.leave();
    expect(flowsOf(net)).toEqual([]);
    expect(socket.destroyed).toBe(false);
    night.wake();
    expect(await answer).toBe('you said GET');
  });

  it('is held when the guest falls asleep while it is looked for', async () => {
    let looks = 0;
    const woken = Promise.withResolvers<string>();
    await using net = testNetwork({
      isAsleep: () => {
        looks += 1;
        return looks > 1;
      },
      onWaiting: ({ id }) => {
        woken.resolve(id);
        return true;
      },
    });
    const guest = await net.guest(20);
    guest.listen(80, answering);
    const { socket, answer } = client(await net.gateway.addForward(FORWARD));
    socket.write('GET');
    expect(await woken.promise).toBe('web');
    expect(await answer).toBe('you said GET');
  });

  it('gets its answer when the guest fell asleep over the question', async () => {
    await using night = await openNight();
    const { answer, inGuest } = await joined(night, 'GET');
    night.tell('web');
    expect(night.waiting).toEqual(['web']);
    night.leave();
    night.wake();
    reply(inGuest, 'good morning');
    expect(await answer).toBe('good morning');
  });

  it('keeps its connection through the sleep, and wakes the guest with its next word', async () => {
    await using night = await openNight();
    const { socket, answer, inGuest } = await joined(night, 'GET');
    inGuest.endpoint.write(Buffer.from('wait. '));
    await once(socket, 'readable');
    night.tell('web');
    night.leave();
    expect(night.waiting).toEqual([]); // nobody waits for it
    socket.write(' more');
    await expect.poll(() => night.waiting).toEqual(['web']);
    night.wake();
    await inGuest.received(8);
    reply(inGuest, `you said ${inGuest.text}`);
    expect(await answer).toBe('wait. you said GET more');
  });

  it('is reset when the machine will not wake, or was not put to sleep', async () => {
    await using night = await openNight();
    const asleep = await joined(night, 'GET');
    night.tell('web');
    night.leave();
    night.net.gateway.removeForward('web');
    await expect(asleep.answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    night.tell();
    night.wake();
    const off = await joined({ guest: night.guest, port: await night.net.gateway.addForward(FORWARD) }, 'GET');
    night.leave();
    await expect(off.answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(flowsOf(night.net)).toEqual([]);
  });
});
