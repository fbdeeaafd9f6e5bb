/** What machines used, rolled up. */
export const USAGE_SCHEMA = '';
