import { Button, Group, Modal, NumberInput, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import { Prices, parseMoney, plainMoney } from '../../shared/model/price.ts';
import { api } from '../api.ts';
import { FailureLine } from '../components/failure-line.tsx';
import { attempt, failureIn, notifySuccess } from '../notify.tsx';

type MoneyField = Exclude<keyof Prices, 'currency' | 'wattsPerProcessor'>;

const FIELDS: { field: MoneyField; label: string }[] = [
  { field: 'processorHourMicros', label: 'Processor, per hour really used' },
  { field: 'promisedGiBHourMicros', label: 'Memory promised, per GiB and hour' },
  { field: 'usedGiBHourMicros', label: 'Memory held, per GiB and hour' },
  { field: 'storageGiBMonthMicros', label: 'Storage, per GiB and month' },
  { field: 'networkGiBMicros', label: 'Network, per GiB in or out' },
  { field: 'energyKWhMicros', label: 'Energy (estimated), per kWh' },
];

interface Form {
  currency: string;
  watts: number;
  money: Record<MoneyField, string>;
}

/** The user's own price list. It holds from this hour on; what was before keeps its prices. */
export function PricesDialog({ onClose, onSaved }: { onClose(): void; onSaved(): void }) {
  const [form, setForm] = useState<Form>();
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  useEffect(() => {
    void attempt(async () => {
      const { periods } = await api.usage.prices({});
      const latest = periods.at(-1)?.prices;
      if (latest) setForm(formOf(latest));
    });
  }, []);
  const prices = form && pricesOf(form);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (prices === undefined) return;
    const failed = await failureIn(() => api.usage.setPrices({ prices }));
    setFailure(failed);
    if (failed !== null) return;
    notifySuccess('The prices hold from this hour on.');
    onSaved();
  };
  if (form === undefined) return null;
  return (
    <Modal opened onClose={onClose} title="Prices" size={440}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="xs">
          <TextInput
            label="Currency"
            value={form.currency}
            maxLength={3}
            error={/^[A-Z]{3}$/.test(form.currency) ? undefined : 'A code of three letters, such as EUR'}
            onChange={(event) => setForm({ ...form, currency: event.currentTarget.value.toUpperCase() })}
          />
          {FIELDS.map(({ field, label }) => (
            <TextInput
              key={field}
              label={label}
              inputMode="decimal"
              value={form.money[field]}
              error={parseMoney(form.money[field]) === undefined ? 'An amount such as 0.0125' : undefined}
              onChange={(event) => setForm({ ...form, money: { ...form.money, [field]: event.currentTarget.value } })}
            />
          ))}
          <NumberInput
            label="What a busy processor draws more than an idle one"
            suffix=" W"
            min={0}
            max={1000}
            value={form.watts}
            onChange={(watts) => typeof watts === 'number' && setForm({ ...form, watts })}
          />
          {failure !== null && <FailureLine failure={failure} />}
          <Group justify="flex-end" gap="xs" mt="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={prices === undefined}>
              Save prices
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function formOf(prices: Prices): Form {
  const money = Object.fromEntries(FIELDS.map(({ field }) => [field, plainMoney(prices[field])]));
  return { currency: prices.currency, watts: prices.wattsPerProcessor, money: money as Form['money'] };
}

/** Undefined while a field cannot be read. */
function pricesOf({ currency, watts, money }: Form): Prices | undefined {
  const read = Object.fromEntries(FIELDS.map(({ field }) => [field, parseMoney(money[field])]));
  const parsed = Prices.safeParse({ currency, wattsPerProcessor: watts, ...read });
  return parsed.success ? parsed.data : undefined;
}
