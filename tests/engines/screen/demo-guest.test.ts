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
    for (const character of 'clear; echo $((6*7)) Answer\r') {
      const keysym = character === '\r' ? 0xff0d : character.charCodeAt(0);
      client.key(keysym, true);
      client.key(keysym, false);
    }
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
