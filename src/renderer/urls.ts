/** The WebSocket address of a path on the server that this window came from. */
export function socketUrl(path: string, place: Pick<Location, 'protocol' | 'host'> = location): string {
  return `${place.protocol === 'https:' ? 'wss' : 'ws'}://${place.host}${path}`;
}
