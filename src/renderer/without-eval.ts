import { config } from 'zod';

// Zod compiles schemas with `new Function` as they are made, which the page's security policy forbids and reports.
// Therefore this module stands before every other in main.tsx.
config({ jitless: true });
