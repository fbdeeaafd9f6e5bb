import { Radio } from '@mantine/core';
import { type Icon, IconBox, IconBrandPowershell, IconDatabase, IconDisc, IconLamp } from '@tabler/icons-react';
import classes from './new-machine.module.css';
import { MachineSource } from './new-machine-form.ts';

const CHOICES: Record<MachineSource, { icon: Icon; label: string; text: string }> = {
  iso: { icon: IconDisc, label: 'ISO file', text: 'An installer or live disc' },
  demo: { icon: IconLamp, label: 'Demo guest', text: 'A small Linux on board' },
  disk: { icon: IconDatabase, label: 'Existing disk', text: 'A disk image you have' },
  kernel: { icon: IconBrandPowershell, label: 'Linux kernel', text: 'Kernel and initrd files' },
  empty: { icon: IconBox, label: 'Nothing yet', text: 'Attach media later' },
};

const ORDER: readonly MachineSource[] = ['iso', 'demo', 'disk', 'kernel', 'empty'];

/** What the machine starts from. */
export function SourceChoice({ value, onChange }: { value: MachineSource; onChange(source: MachineSource): void }) {
  return (
    <Radio.Group value={value} onChange={(next) => onChange(MachineSource.parse(next))} aria-label="Start from">
      <div className={classes.sources}>
        {ORDER.map((source) => {
          const { icon: Glyph, label, text } = CHOICES[source];
          return (
            <Radio.Card key={source} value={source} className={classes.source ?? ''} aria-label={label}>
              <Glyph size={20} stroke={1.5} />
              <b>{label}</b>
              <span>{text}</span>
            </Radio.Card>
          );
        })}
      </div>
    </Radio.Group>
  );
}
