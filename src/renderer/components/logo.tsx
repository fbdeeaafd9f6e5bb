import logoUrl from '../logo.svg';

/** The lantern over the door. Decorative: the name always stands beside it. */
export function Logo({ size = 24 }: { size?: number }) {
  return <img src={logoUrl} width={size} height={size} alt="" draggable={false} />;
}
