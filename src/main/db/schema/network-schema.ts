/** Networks, their port forwards and leases. */
export const NETWORK_SCHEMA = '';
