import { Command } from 'commander'
import type { ExitCode } from '../exit-codes.ts'
import { keysCreateCommand } from './keys-create.ts'
import { keysDescribeCommand } from './keys-describe.ts'
import { keysListCommand } from './keys-list.ts'
import { keysRotateCommand } from './keys-rotate.ts'

/** `keywright keys`. */
export function keysCommand(end: (code: ExitCode) => void): Command {
  return new Command('keys')
    .description('list, create, rotate and describe keys')
    .helpCommand(false)
    .addCommand(keysListCommand(end))
    .addCommand(keysCreateCommand(end))
    .addCommand(keysRotateCommand(end))
    .addCommand(keysDescribeCommand(end))
}
