import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { InnError } from '../../../../../../shared/errors.ts';
import { RfbConnection, type ViewerHost } from './connection.ts';

/** More viewers of one machine than this are a defect of somebody. */
const MAX_VIEWERS = 32;

/** RFB 3.8 server (RFC 6143) on a unix socket, for several viewers at once. */
export class RfbServer {
  readonly #host: ViewerHost;
  readonly #connections = new Set<RfbConnection>();
  readonly #servers: Server[] = [];

  constructor(host: ViewerHost) {
    this.#host = host;
  }

  /** Whether any viewer would take an update now. */
  hasWaitingViewer(): boolean {
    for (const connection of this.#connections) if (connection.isWaiting) return true;
    return false;
  }

  /** Sends what changed to each viewer that waits. */
  sendUpdates(): void {
    for (const connection of this.#connections) void connection.sendUpdate();
  }

  /**
   * Listens on `socketPath` (at most 100 bytes, in a folder that only its owner may enter); what is left of an earlier
   * process there is removed.
   * @throws InnError `ENGINE_FAILED` when the system refuses.
   */
  async listen(socketPath: string): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    try {
      await rm(socketPath, { force: true });
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve));
      await chmod(socketPath, 0o600);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new InnError('ENGINE_FAILED', `The screen's socket '${socketPath}' could not be opened: ${detail}`, {
        cause,
      });
    }
    server.removeAllListeners('error');
    server.on('error', (error) => this.#host.log(`screen socket: ${error.message}`));
    this.#servers.push(server);
  }

  /** Ends all viewers and closes the socket. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    await Promise.all(
      this.#servers.splice(0).map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= MAX_VIEWERS) {
      this.#host.log(`viewer refused: ${MAX_VIEWERS} are connected already`);
      socket.destroy();
      return;
    }
    const connection = new RfbConnection(socket, this.#host, () => this.#connections.delete(connection));
    this.#connections.add(connection);
  }
}
