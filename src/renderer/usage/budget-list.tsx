import { ActionIcon, Button, Checkbox, Group, Modal, Progress, Select, Stack, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import { formatMoney, parseMoney } from '../../shared/model/price.ts';
import type { BudgetStatus } from '../../shared/model/usage-budget.ts';
import { api } from '../api.ts';
import { FailureLine } from '../components/failure-line.tsx';
import { attempt, failureIn } from '../notify.tsx';
import { useObservable } from '../observable.ts';
import { world } from '../store.ts';
import classes from './usage.module.css';
import { useAnswer } from './use-answer.ts';

const EVERY_MS = 15_000;
const COLORS: Record<BudgetStatus['level'], string> = {
  ok: 'var(--inn-zone-green)',
  warning: 'var(--inn-zone-amber)',
  over: 'var(--inn-zone-red)',
};

/** What machines and pools may cost in a month, and how far they are. */
export function BudgetList() {
  const { answer: budgets, again } = useAnswer(() => api.usage.budgets({}), '', EVERY_MS);
  const [isAdding, setAdding] = useState(false);
  const remove = (status: BudgetStatus) =>
    void attempt(() => api.usage.removeBudget({ id: status.budget.id })).then(again);
  return (
    <section className={classes.panel} aria-label="Budgets">
      <header>
        <h3>Budgets of this month</h3>
        <Button variant="default" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
          Add budget
        </Button>
      </header>
      {budgets?.length === 0 && <p className={classes.quiet}>No machine and no pool has a budget.</p>}
      {budgets?.map((status) => (
        <BudgetLine key={status.budget.id} status={status} onRemove={() => remove(status)} />
      ))}
      {isAdding && (
        <BudgetDialog
          onClose={() => setAdding(false)}
          onMade={() => {
            setAdding(false);
            again();
          }}
        />
      )}
    </section>
  );
}

function BudgetLine({ status, onRemove }: { status: BudgetStatus; onRemove(): void }) {
  const { budget, name, currency, spentMicros, forecastMicros, percent, level } = status;
  return (
    <div className={classes.budget}>
      <b>{name}</b>
      <Progress
        value={Math.min(100, percent)}
        color={COLORS[level]}
        aria-label={`Budget of ${name}: ${Math.round(percent)} percent used`}
      />
      <span>
        {formatMoney(spentMicros, currency)} of {formatMoney(budget.amountMicros, currency)} ({Math.round(percent)} %)
      </span>
      <span className={classes.quiet}>
        {formatMoney(forecastMicros, currency)} by the end of the month, if it goes on so
        {budget.savesAtLimit && '; saved at the limit'}
      </span>
      <ActionIcon aria-label={`Remove the budget of ${name}`} onClick={onRemove}>
        <IconTrash size={15} stroke={1.7} />
      </ActionIcon>
    </div>
  );
}

function BudgetDialog({ onClose, onMade }: { onClose(): void; onMade(): void }) {
  const machines = useObservable(world, (now) => now.machines);
  const pools = useObservable(world, (now) => now.pools);
  const [of, setOf] = useState<string | null>(null);
  const [amount, setAmount] = useState('');
  const [savesAtLimit, setSaves] = useState(false);
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const amountMicros = parseMoney(amount);
  const data = [
    { group: 'Pools', items: [...pools.values()].map(({ id, name }) => ({ value: id, label: name })) },
    { group: 'Machines', items: [...machines.values()].map(({ id, config }) => ({ value: id, label: config.name })) },
  ];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (of === null || amountMicros === undefined) return;
    const subject = [...pools.keys()].some((id) => id === of) ? 'pool' : 'machine';
    const failed = await failureIn(() => api.usage.setBudget({ subject, of, amountMicros, savesAtLimit }));
    setFailure(failed);
    if (failed === null) onMade();
  };
  return (
    <Modal opened onClose={onClose} title="Add budget" size={420}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          <Select label="For" placeholder="Machine or pool" searchable data={data} value={of} onChange={setOf} />
          <TextInput
            label="Amount per month"
            inputMode="decimal"
            placeholder="5.00"
            value={amount}
            onChange={(event) => setAmount(event.currentTarget.value)}
          />
          <Checkbox
            label="Save its machines when it is used up"
            checked={savesAtLimit}
            onChange={(event) => setSaves(event.currentTarget.checked)}
          />
          {failure !== null && <FailureLine failure={failure} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={of === null || !amountMicros}>
              Add
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
