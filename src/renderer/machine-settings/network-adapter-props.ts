import type { NetworkAdapter } from '../../shared/model/network.ts';
import type { SettingsPageProps } from './settings-page.ts';

/** What every part of an adapter's card gets. */
export interface AdapterProps extends SettingsPageProps {
  adapter: NetworkAdapter;
  index: number;
  onAdapter(change: Partial<NetworkAdapter>): void;
}
