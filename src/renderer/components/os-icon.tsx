import {
  type Icon,
  IconBrandDebian,
  IconBrandUbuntu,
  IconBrandWindows,
  IconCircleLetterF,
  IconFlame,
  IconLeaf,
  IconMountain,
  IconPrompt,
  IconServer,
  IconTerminal2,
} from '@tabler/icons-react';
import { osTypeOf } from '../../shared/os-types.ts';
import { Logo } from './logo.tsx';
import classes from './os-icon.module.css';

/** First match wins; the hue is an angle on the colour wheel. */
const LOOKS: readonly { pattern: RegExp; icon: Icon; hue: number }[] = [
  { pattern: /^debian/, icon: IconBrandDebian, hue: 340 },
  { pattern: /^ubuntu/, icon: IconBrandUbuntu, hue: 18 },
  { pattern: /^fedora/, icon: IconCircleLetterF, hue: 218 },
  { pattern: /^alpine/, icon: IconMountain, hue: 204 },
  { pattern: /^windows/, icon: IconBrandWindows, hue: 206 },
  { pattern: /^freebsd/, icon: IconFlame, hue: 2 },
  { pattern: /^freedos/, icon: IconPrompt, hue: 140 },
  { pattern: /^haiku/, icon: IconLeaf, hue: 88 },
  { pattern: /^(linux|tinycore)/, icon: IconTerminal2, hue: 40 },
];

/** A tile for the guest's operating system. Decorative: the type stands beside it in words. */
export function OsIcon({ osType, size = 28 }: { osType: string; size?: number }) {
  if (osType === 'demo') return <Logo size={size} />;
  const { icon: Glyph, hue } = LOOKS.find(({ pattern }) => pattern.test(osType)) ?? { icon: IconServer, hue: 230 };
  return (
    <span
      className={classes.tile}
      style={{ width: size, height: size, borderRadius: Math.round(size * 0.22), ['--os-hue' as string]: hue }}
      title={osTypeOf(osType).label}
      aria-hidden
    >
      <Glyph size={Math.round(size * 0.64)} stroke={1.6} />
    </span>
  );
}
