import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';

/** A unix socket whose clients are all let go at the end. */
export class SocketServer {
  readonly #clients = new Set<Socket>();
  readonly #server: Server;

  /** @param onClient may end the socket; errors of a client need no care, its `close` follows */
  constructor(onClient: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.#clients.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#clients.delete(socket));
      onClient(socket);
    });
  }

  get clients(): ReadonlySet<Socket> {
    return this.#clients;
  }

  /** @throws the system's error, such as `EACCES` */
  async listen(socketPath: string): Promise<void> {
    await rm(socketPath, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socketPath, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** Lets what was written go out, without waiting for clients that do not read. */
  close(): void {
    this.#server.close();
    for (const client of this.#clients) client.end();
  }
}
