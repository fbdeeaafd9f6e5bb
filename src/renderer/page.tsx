import { ActivityPage } from './activity/activity-page.tsx';
import { MachinePage } from './machine-details/machine-page.tsx';
import { SelectionPage } from './machine-details/selection-page.tsx';
import { DoctorPage } from './managers/doctor-page.tsx';
import { MediaPage } from './media/media-page.tsx';
import { NetworksPage } from './networks/networks-page.tsx';
import { useObservable } from './observable.ts';
import { useMachine, useMachines, world } from './store.ts';
import { view } from './view.ts';
import { NothingSelected, WelcomePage } from './welcome-page.tsx';

/** The right side of the window. */
export function Page() {
  const { page, machineId, selection } = useObservable(view, (now) => now);
  const isLoaded = useObservable(world, (now) => now.isLoaded);
  const machine = useMachine(machineId);
  const isEmpty = useMachines().size === 0;
  if (page === 'doctor') return <DoctorPage />;
  if (page === 'activity') return <ActivityPage />;
  if (page === 'media') return <MediaPage />;
  if (page === 'networks') return <NetworksPage />;
  if (selection.length > 1) return <SelectionPage machineIds={selection} />;
  if (machine !== undefined) return <MachinePage machine={machine} key={machine.id} />;
  if (!isLoaded) return null;
  return isEmpty ? <WelcomePage /> : <NothingSelected />;
}
