import { KeywrightError } from '../errors.ts'
import { connectedKek } from './connected-kek.ts'
import type { Kek, Provider, ProviderDefinition } from './contract.ts'
import { formatKeyUri, parseKeyUri } from './key-uri.ts'

/**
 * Makes a provider from its definition. Everything that is the same for every key manager is done here, once: lazy
 * connection, copies, checks of every answer, classification of errors, cancellation, refusal after close.
 *
 * @param definition how to parse a key URI, connect, and classify what the service's client throws
 * @returns a function from options to a KEK
 */
export function provider<Options>(definition: ProviderDefinition<Options>): Provider<Options> {
  const { scheme } = definition
  const make = (options: Options): Kek =>
    connectedKek(definition, options, formatKeyUri(scheme, definition.describeOptions(options)))
  const fromUri = (text: string): Kek => {
    const uri = parseKeyUri(text)
    if (uri.scheme !== scheme) {
      throw new KeywrightError('configuration', `this provider takes ${scheme} keys, not ${uri.scheme}`, {
        field: 'key',
      })
    }
    return make(definition.parseUri(uri))
  }
  return Object.assign(make, { scheme, fromUri })
}
