import type RFB from '@novnc/novnc';
import { useEffect, useRef, useState } from 'react';
import { can } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { useObservable } from '../observable.ts';
import { preferences, view } from '../view.ts';
import classes from './console-page.module.css';
import { type HostKeyHandlers, listenForHostKey } from './host-key.ts';
import { connectScreen } from './screen-connection.ts';

export interface ScreenStatus {
  isConnected: boolean;
  /** The guest's picture in pixels, or null before the first. */
  size: { width: number; height: number } | null;
  /** Keys and mouse go to the guest. */
  hasInput: boolean;
}

interface ScreenProps {
  machine: Machine;
  isHidden: boolean;
  onStatus(change: Partial<ScreenStatus>): void;
  onCombination(code: string): void;
}

/** The guest's screen. A click gives it keyboard and mouse; the host key takes them back. */
export function Screen({ machine, isHidden, onStatus, onCombination }: ScreenProps) {
  const target = useRef<HTMLDivElement>(null);
  const [viewer, setViewer] = useState<RFB | null>(null);
  const isFitting = useObservable(preferences, (now) => now.fitsScreen);
  const { id, pid } = machine;
  const { name } = machine.config;

  const hasScreen = can('show', machine.state);

  // A new process is a new screen: `pid` is among the reasons to connect again.
  useEffect(() => {
    if (target.current === null || pid === null || !hasScreen) return;
    const stop = new AbortController();
    const listener = {
      onViewer: (next: RFB | null) => {
        setViewer(next);
        onStatus({ isConnected: next !== null });
      },
      onSize: (width: number, height: number) => onStatus({ size: { width, height } }),
    };
    connectScreen(target.current, { id, name }, listener, stop.signal);
    return () => stop.abort();
  }, [id, name, pid, hasScreen, onStatus]);

  useEffect(() => {
    if (viewer === null) return;
    viewer.scaleViewport = isFitting;
    viewer.clipViewport = false;
  }, [viewer, isFitting]);

  // Only when asked for: a screen that connects by itself must not take the keys from the machine list.
  const wantsScreen = useObservable(view, (now) => now.wantsScreen);
  useEffect(() => {
    if (viewer === null || !wantsScreen) return;
    viewer.focus();
    view.update((now) => ({ ...now, wantsScreen: false }));
  }, [viewer, wantsScreen]);

  useHostKey(target, {
    onRelease: () => {
      viewer?.blur();
      document.getElementById('console-tools')?.focus();
    },
    onCombination,
  });

  useEffect(() => {
    const element = target.current;
    if (element === null) return;
    const onFocusIn = () => onStatus({ hasInput: true });
    const onFocusOut = () => onStatus({ hasInput: false });
    element.addEventListener('focusin', onFocusIn);
    element.addEventListener('focusout', onFocusOut);
    return () => {
      element.removeEventListener('focusin', onFocusIn);
      element.removeEventListener('focusout', onFocusOut);
    };
  }, [onStatus]);

  return <div ref={target} className={classes.screen} hidden={isHidden} />;
}

function useHostKey(target: React.RefObject<HTMLElement | null>, handlers: HostKeyHandlers): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    if (target.current === null) return;
    return listenForHostKey(target.current, {
      onRelease: () => latest.current.onRelease(),
      onCombination: (code) => latest.current.onCombination(code),
    });
  }, [target]);
}
