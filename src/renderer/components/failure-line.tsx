import type { ErrorReport } from '../../shared/errors.ts';
import classes from './failure-line.module.css';

/** A failure within a dialog: what happened, and what to do next. */
export function FailureLine({ failure }: { failure: ErrorReport }) {
  return (
    <p className={classes.line} role="alert">
      <b>{failure.message}</b> {failure.hint}
    </p>
  );
}
