import { Button, Code, Text, Title } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import classes from './crash-boundary.module.css';

interface CrashState {
  error: Error | null;
}

/** Keeps a defect of one page from taking the whole window: list, commands and machines go on. */
export class CrashBoundary extends Component<{ children: ReactNode }, CrashState> {
  override state: CrashState = { error: null };

  static getDerivedStateFromError(thrown: unknown): CrashState {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className={classes.page} role="alert">
        <Title order={3}>This page failed</Title>
        <Text>It is a defect of Innkeeper. Your machines are not touched by it and keep running.</Text>
        <Code block>{error.message}</Code>
        <Button variant="default" onClick={() => this.setState({ error: null })}>
          Show it again
        </Button>
      </div>
    );
  }
}
