import { Argument } from 'commander'
import { bashCompletion } from '../completion/bash.ts'
import { describeCommands } from '../completion/command-tree.ts'
import { fishCompletion } from '../completion/fish.ts'
import { zshCompletion } from '../completion/zsh.ts'
import type { DefineCommand } from '../program.ts'
import { thisTerminal } from '../terminal/terminal.ts'

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

/** `keywright completion`. */
export const completionCommand: DefineCommand = (command, end, root) => {
  command
    .addArgument(new Argument('<shell>', 'where it is to work').choices(Object.keys(shells)))
    .addHelpText(
      'after',
      '\n  bash: source <(keywright completion bash)\n  zsh:  source <(keywright completion zsh)\n  fish: keywright completion fish | source',
    )
    .action((shell: keyof typeof shells) => {
      thisTerminal().stdout.write(shells[shell](describeCommands(root)))
      end(0)
    })
}
