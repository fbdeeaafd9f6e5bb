import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { InnError } from '../../shared/errors.ts';

/** 256 random bits in base64url: 43 characters. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Compares in a time that depends on neither text. Digests are compared, since `timingSafeEqual` wants equal lengths
 * and the length itself is to stay unknown.
 */
export function isSameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Time that the window has to open after the start of the core. */
export const LAUNCH_LIFETIME_MS = 60_000;

export interface GateOptions {
  token: string;
  port: number;
  /** A clock that never goes back. */
  nowMs?: () => number;
  /** One-use secret that opens the window without showing the token in a command line. */
  launchTicket?: string | undefined;
}

/**
 * Decides who may come in. The port is open to every program and every web page of this computer, so each request must
 * name our own host (else a page whose name was rebound to 127.0.0.1 could reach us), must not come from a foreign
 * origin, and must carry the token.
 */
export class Gate {
  readonly cookieName: string;
  readonly #token: string;
  readonly #hosts: readonly string[];
  readonly #nowMs: () => number;
  readonly #startedAtMs: number;
  #launchTicket: string | undefined;

  constructor({ token, port, launchTicket, nowMs = () => performance.now() }: GateOptions) {
    this.#token = token;
    this.#launchTicket = launchTicket;
    this.#nowMs = nowMs;
    this.#startedAtMs = nowMs();
    this.#hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    // Cookies are shared by all ports of a host: without the port in the name two cores would take each other's.
    this.cookieName = `innkeeper-${port}`;
  }

  /** @throws InnError `FORBIDDEN_ORIGIN` when host or origin is not our own. */
  checkOrigin(request: IncomingMessage): void {
    const { host, origin } = request.headers;
    if (host === undefined || !this.#hosts.includes(host)) {
      throw new InnError(
        'FORBIDDEN_ORIGIN',
        `The request was made for the host '${host ?? ''}', which is not this core.`,
        {
          hint: `Use http://${this.#hosts[0]}/.`,
        },
      );
    }
    if (origin !== undefined && !this.#hosts.some((own) => origin === `http://${own}`)) {
      throw new InnError('FORBIDDEN_ORIGIN', `Pages of '${origin}' may not use this core.`, {
        hint: 'Call it from a program instead of a web page.',
      });
    }
  }

  /**
   * Takes `Authorization: Bearer`, the cookie of the window, or (WebSockets only, as browsers cannot set their headers)
   * `?token=`.
   * @throws InnError `UNAUTHORIZED`
   */
  checkToken(request: IncomingMessage, queryToken?: string | null): void {
    const given = bearerOf(request) ?? cookieOf(request, this.cookieName) ?? queryToken ?? undefined;
    if (given !== undefined && this.isToken(given)) return;
    const message = given === undefined ? 'The request carries no token.' : 'The token of the request is wrong.';
    throw new InnError('UNAUTHORIZED', message, {
      hint: "Open the address that 'inn serve' prints, or send its token as 'Authorization: Bearer <token>'.",
    });
  }

  isToken(given: string): boolean {
    return isSameSecret(given, this.#token);
  }

  /** True once, within a minute, for the launch ticket that the core was started with. */
  takeLaunchTicket(given: string): boolean {
    if (this.#nowMs() - this.#startedAtMs > LAUNCH_LIFETIME_MS) this.#launchTicket = undefined;
    if (this.#launchTicket === undefined || !isSameSecret(given, this.#launchTicket)) return false;
    this.#launchTicket = undefined;
    return true;
  }

  /** Keeps the token in the browser, out of reach of scripts and of other sites. */
  cookieHeader(): string {
    return `${this.cookieName}=${this.#token}; Path=/; HttpOnly; SameSite=Strict`;
  }
}

function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
