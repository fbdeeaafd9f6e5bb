import { Button, Text, TextInput } from '@mantine/core';
import { IconRefresh, IconSearch } from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Machine } from '../../shared/model/machine.ts';
import { api } from '../api.ts';
import { notifyFailure } from '../notify.tsx';
import classes from './log-tab.module.css';

const LINES = 500;

/** The end of the machine's log; read anew when the state changes and when asked. */
export function LogTab({ machine }: { machine: Machine }) {
  const [log, setLog] = useState<{ file: string; text: string }>();
  const [filter, setFilter] = useState('');
  const scroller = useRef<HTMLPreElement>(null);
  const { id, stateSince } = machine;
  const read = useCallback(() => api.machine.log({ machine: id, lines: LINES }).then(setLog, notifyFailure), [id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of state is the reason to read again
  useEffect(() => void read(), [read, stateSince]);
  useEffect(() => {
    if (log !== undefined) scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [log]);
  const lines = (log?.text ?? '').split('\n').filter((line) => line.toLowerCase().includes(filter.toLowerCase()));
  return (
    <div className={classes.page}>
      <div className={classes.bar}>
        <TextInput
          aria-label="Filter the log"
          placeholder="Filter lines"
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
          leftSection={<IconSearch size={14} />}
          w={220}
        />
        <Text className={classes.file} title={log?.file}>
          {log?.file ?? ''}
        </Text>
        <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={() => void read()}>
          Refresh
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that keys must reach it */}
      <pre ref={scroller} className={classes.text} role="log" aria-label={`Log of ${machine.config.name}`} tabIndex={0}>
        {log === undefined ? '' : lines.join('\n') || 'Nothing has been written yet.'}
      </pre>
    </div>
  );
}
