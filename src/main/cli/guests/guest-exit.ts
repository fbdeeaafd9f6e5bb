/** A program in a guest ended with another exit code than 0, which becomes that of `inn`. Nothing has failed. */
export class GuestExit extends Error {
  override readonly name = 'GuestExit';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`The program in the guest ended with ${exitCode}.`);
    this.exitCode = exitCode;
  }
}
