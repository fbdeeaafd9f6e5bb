import { expect, it } from 'vitest';
import { openFakeCore } from '../support/fake-core.ts';

it('refuse a time that ends before it begins', async () => {
  const { client } = await openFakeCore();
  const backwards = { from: '2030-01-01', to: '2020-01-01' };
  const refusal = { code: 'INVALID_CONFIG', message: expect.stringContaining('ends before it begins') };
  await expect(client.usage.report(backwards)).rejects.toMatchObject(refusal);
  await expect(client.usage.history(backwards)).rejects.toMatchObject(refusal);
  await expect(client.usage.report({ from: '2020-01-01', to: '2020-01-01' })).resolves.toBeDefined();
});
