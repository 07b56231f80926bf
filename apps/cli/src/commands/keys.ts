import type { DefineCommand } from '../program.ts'
import { keysCreateCommand } from './keys-create.ts'
import { keysDescribeCommand } from './keys-describe.ts'
import { keysListCommand } from './keys-list.ts'
import { keysRotateCommand } from './keys-rotate.ts'

/** `keywright keys`. */
export const keysCommand: DefineCommand = (command, end) => {
  command
    .helpCommand(false)
    .addCommand(keysListCommand(end))
    .addCommand(keysCreateCommand(end))
    .addCommand(keysRotateCommand(end))
    .addCommand(keysDescribeCommand(end))
}
