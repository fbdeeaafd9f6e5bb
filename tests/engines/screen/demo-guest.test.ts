import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RfbClient } from './rfb-client.ts';
import { TestGuest } from './test-guest.ts';

const [ZRLE, DESKTOP_SIZE, EXTENDED_KEYS] = [16, -223, -258];

describe('the demo guest', () => {
  let guest: TestGuest;

  beforeAll(async () => {
    guest = await TestGuest.demo();
    await guest.waitForSerial('INNKEEPER DEMO READY');
    await guest.display.listen(guest.socketPath);
  });

  afterAll(() => guest.close());

  async function waitForText(text: string | RegExp): Promise<void> {
    await expect.poll(() => guest.text(), { timeout: 30_000 }).toMatch(text);
  }

  it('gets a long text without a loss', async () => {
    const lines = Array.from(
      { length: 20 },
      (_, line) => `${line} The 5 boxing wizards jump (quickly) & "well"; ~!@#%^*_+`,
    );
    await guest.display.typeText(`cat > /tmp/typed\n${lines.join('\n')}\n`);
    await guest.display.sendKeys(['ctrl', 'd']);
    await guest.display.typeText('clear; wc -lc < /tmp/typed; md5sum < /tmp/typed\n');
    const text = `${lines.join('\n')}\n`;
    await waitForText(new RegExp(`20 +${text.length}\n`));
    await waitForText(createHash('md5').update(text).digest('hex'));
  });

  it('shows a viewer what it prints when the viewer types', async () => {
    const client = await RfbClient.open(guest.socketPath);
    client.setEncodings(ZRLE, DESKTOP_SIZE, EXTENDED_KEYS);
    client.request(false);
    await client.update();
    client.type('clear; echo $((6*7)) Answer\n');
    await waitForText(/^42 Answer$/m);
    const { pixels } = await guest.screenshot();
    await expect
      .poll(async () => {
        client.request(false);
        await client.update();
        // The cursor may be in the dark half of its blink: the line above it is compared.
        return client.picture.subarray(0, 720 * 16).every((pixel, at) => pixel === ((pixels[at] ?? 0) & 0xffffff));
      })
      .toBe(true);
    client.socket.destroy();
  });

  it('moves and clicks where the viewer points', async () => {
    // A reader hears only what happens after it has opened its device: `ready` waits for all of them.
    const listen = 'n=0; for e in /dev/input/event*; do cat $e >> /tmp/events & n=$((n+1)); done';
    const areOpen = '[ $(ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c input/event) -ge $n ]';
    await guest.display.typeText(`clear; ${listen}; until ${areOpen}; do :; done; echo ready\n`);
    await waitForText(/^ready$/m);
    const client = await RfbClient.open(guest.socketPath);
    client.pointer(0, 180, 100);
    client.pointer(0, 360, 200);
    for (const mask of [1, 0, 8, 0, 16, 0]) client.pointer(mask, 360, 200);
    // An event is four words: seconds, microseconds, code and type, value.
    const showEvents = `hexdump -v -e '4/4 "%08x " "\\n"' /tmp/events | cut -c 19-35 | grep -E '^(0.....03|0110|0008)'`;
    client.type(`killall cat; clear; ${showEvents}\n`);
    const expected = [
      ...['00000003 00008000', '00010003 00008000'], // absolute X and Y, half of 65535
      ...['01100001 00000001', '01100001 00000000'], // left button down and up
      ...['00080002 00000001', '00080002 ffffffff'], // wheel up and down
    ];
    for (const event of expected) await waitForText(event);
    client.socket.destroy();
  });

  it('shows the same after its state was put back', async () => {
    await guest.display.typeText('clear; echo before\n');
    await waitForText(/^before$/m);
    const state = guest.emulator.v86.save_state();
    const { pixels } = await guest.screenshot();
    await guest.display.typeText('clear; echo after\n');
    await waitForText(/^after$/m);
    guest.emulator.v86.restore_state(state);
    guest.display.attach(guest.emulator);
    expect((await guest.screenshot()).pixels).toEqual(pixels);
    await guest.display.typeText('echo again\n');
    await waitForText(/^again$/m);
  });
});
