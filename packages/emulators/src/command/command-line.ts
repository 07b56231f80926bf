import { parseArgs } from 'node:util'
import type { ServiceName } from '../emulator.ts'
import { serviceNames } from './service.ts'

/** What the command was asked to do. */
export interface CommandLine {
  readonly services: readonly ServiceName[]
  readonly folder: string | undefined
  readonly portBase: number | undefined
  readonly json: boolean
  readonly verbose: boolean
  readonly help: boolean
}

/** The command's help. */
export const help: string = `keywright-emulators [OPTION… SERVICE…]

Starts local stand-ins for key managers, makes a first key in each, prints the environment with which their unmodified
clients and the keywright command find them, and runs until it is interrupted. Keys in them protect nothing.

  SERVICE         ${serviceNames.join(', ')}; all without one
  --folder DIR    keeps keys in this folder; without it they end with the command
  --port-base N   the services get fixed ports from N on, in the order above; without it any free ones, and with a
                  folder the same at each start
  --json          prints one JSON document instead of lines for a shell
  --verbose       prints a line for each call, on standard error
  --help

Ends with 0 when it was interrupted, 1 when it could not start, 2 when an option is wrong.`

/** An option is wrong. */
export class UsageError extends Error {}

const lastPort = 65_535

/**
 * Reads the command's arguments.
 *
 * @throws UsageError that says which one is wrong
 */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parsed(args)
  const unknown = positionals.find((name) => !serviceNames.some((known) => known === name))
  if (unknown !== undefined)
    throw new UsageError(`There is no service ${unknown}: ${serviceNames.join(', ')}.`)
  return {
    services: positionals.length === 0 ? serviceNames : (positionals as ServiceName[]),
    folder: values.folder,
    portBase: values['port-base'] === undefined ? undefined : portBase(values['port-base']),
    json: values.json,
    verbose: values.verbose,
    help: values.help,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        folder: { type: 'string' },
        'port-base': { type: 'string' },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function portBase(text: string): number {
  const most = lastPort - serviceNames.length + 1
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (value >= 1 && value <= most) return value
  throw new UsageError(`--port-base is a number from 1 to ${most}.`)
}
