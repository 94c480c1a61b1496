/** A backend for tests of stores: it answers the methods that a test names, and no others. */
import { type ConnectedClient } from '../../core/session/client.ts';
import { type Args, type Method, type Result } from '../../core/session/contract.ts';
import { connect } from '../../renderer/transport.ts';

type Answers = { readonly [M in Method]?: (args: Args<M>) => Result<M> };

/** Stores made from here on ask this one. */
export function connectTo(answers: Answers): void {
  const client: ConnectedClient = {
    connection: { state: 'open', epoch: 1 },
    call: async (method, args) => {
      const answer = answers[method];
      if (answer === undefined) throw new Error(`the test's backend does not answer ${method}`);
      return answer(args);
    },
    on: () => () => undefined,
    onConnection: () => () => undefined,
    restart: () => undefined,
    close: () => undefined,
  };
  connect(client);
}
