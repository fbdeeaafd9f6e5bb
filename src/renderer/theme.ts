import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** Dusk: the colour of what can be pressed. */
const dusk: MantineColorsTuple = [
  '#eef0fa',
  '#dce0f3',
  '#b9c1e6',
  '#949fd8',
  '#7683cc',
  '#5f6fc3',
  '#5162b6',
  '#43529e',
  '#38468a',
  '#2b3770',
];

/** Lantern: the colour of the house; logo and welcome only, never a state. */
const lantern: MantineColorsTuple = [
  '#fff6e6',
  '#fdeacb',
  '#f9d49a',
  '#f4bb63',
  '#efa63a',
  '#e8961f',
  '#d0820f',
  '#aa6a0a',
  '#86540c',
  '#67400b',
];

/** Greys with a little warmth, as paper has. */
const gray: MantineColorsTuple = [
  '#faf9f7',
  '#f4f3f0',
  '#eae8e3',
  '#dddad3',
  '#c8c4bb',
  '#a19c92',
  '#6f6a62',
  '#56524b',
  '#3b3833',
  '#24221f',
];

const dark: MantineColorsTuple = [
  '#e4e3e0',
  '#bdbbb7',
  '#9a9893',
  '#6c6b69',
  '#3c3d42',
  '#303136',
  '#27282c',
  '#1f2023',
  '#18191b',
  '#111213',
];

/** Brick: what is lost, and what is wrong. */
const red: MantineColorsTuple = [
  '#fdf0ee',
  '#f8dedb',
  '#efbab5',
  '#e4938c',
  '#db7169',
  '#d25b52',
  '#bf4239',
  '#a5352e',
  '#892c26',
  '#6c231f',
];

const SANS = "'Inter', 'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const MONO = "ui-monospace, 'JetBrains Mono', 'SF Mono', 'Cascadia Mono', Consolas, 'Liberation Mono', monospace";

/** Dense like a tool, quiet like a good room: 13 px text, 6 px corners, one accent. */
export const theme = createTheme({
  primaryColor: 'dusk',
  primaryShade: { light: 6, dark: 5 },
  colors: { dusk, lantern, red, gray, dark },
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.8125rem', lg: '0.9375rem', xl: '1.125rem' },
  headings: { fontFamily: SANS, fontWeight: '600' },
  defaultRadius: 'sm',
  radius: { xs: '3px', sm: '6px', md: '8px', lg: '12px', xl: '20px' },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.25rem', xl: '2rem' },
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Button: { defaultProps: { size: 'xs' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 'md' } },
    TextInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs', allowDeselect: false, checkIconPosition: 'right' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Radio: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
    Tooltip: { defaultProps: { openDelay: 450, withArrow: true, arrowSize: 5, fz: 'xs', multiline: true, maw: 320 } },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-start', offset: 4, transitionProps: { duration: 90 } } },
    Modal: {
      defaultProps: {
        centered: true,
        padding: 'lg',
        overlayProps: { backgroundOpacity: 0.35, blur: 1 },
        transitionProps: { duration: 120, transition: 'pop' },
      },
    },
    Badge: { defaultProps: { variant: 'light', size: 'sm', tt: 'none', fw: 500 } },
    Text: { defaultProps: { size: 'sm' } },
  },
});

/**
 * Words of failure in a red that can be read: at least 4.5 to 1 on every surface (WCAG 2.2, 1.4.3). Mantine's own in the
 * dark is `red-8`, which has less than 2 to 1.
 */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-error': red[7] },
  dark: { '--mantine-color-error': red[3] },
});
