import { type ReactNode, useId } from 'react';
import classes from './form-row.module.css';

/** A label at the left and its field at the right, aligned over the whole dialog. The field names itself as well. */
export function FormRow({ label, children, note }: { label: string; children: ReactNode; note?: ReactNode }) {
  return (
    <div className={classes.row}>
      <span className={classes.label} aria-hidden>
        {label}
      </span>
      <div className={classes.field}>
        {children}
        {note !== undefined && <div className={classes.note}>{note}</div>}
      </div>
    </div>
  );
}

/** A group of rows under a heading. */
export function FormSection({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className={classes.section} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {children}
    </section>
  );
}
