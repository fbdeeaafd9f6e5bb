import './without-eval.ts';
import '@mantine/core/styles.css';
import '@mantine/charts/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import '@xterm/xterm/css/xterm.css';
import './app.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { keepConnected } from './connection.ts';
import { useObservable } from './observable.ts';
import { listenForShortcuts } from './shortcuts.ts';
import { cssVariables, theme } from './theme.ts';
import { preferences } from './view.ts';

function Root() {
  const scheme = useObservable(preferences, (now) => now.colorScheme);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      {...(scheme === 'auto' ? {} : { forceColorScheme: scheme })}
    >
      <Notifications position="bottom-right" limit={4} containerWidth={380} notificationMaxHeight="70vh" />
      <App />
    </MantineProvider>
  );
}

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no element #root.');
listenForShortcuts();
void keepConnected();
createRoot(root).render(
  <StrictMode>
    <Root />
  </StrictMode>,
);
