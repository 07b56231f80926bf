import { Argument, Command } from 'commander'
import { bashCompletion } from '../completion/bash.ts'
import { describeCommands } from '../completion/command-tree.ts'
import { fishCompletion } from '../completion/fish.ts'
import { zshCompletion } from '../completion/zsh.ts'
import type { ExitCode } from '../exit-codes.ts'
import { thisTerminal } from '../terminal/terminal.ts'

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

/** `keywright completion`. */
export function completionCommand(end: (code: ExitCode) => void, root: Command): Command {
  return new Command('completion')
    .description('print what completes this command in a shell')
    .addArgument(new Argument('<shell>', 'where it is to work').choices(Object.keys(shells)))
    .addHelpText(
      'after',
      '\n  bash: source <(keywright completion bash)\n  zsh:  keywright completion zsh > "$fpath[1]/_keywright"\n  fish: keywright completion fish | source',
    )
    .action((shell: keyof typeof shells) => {
      thisTerminal().stdout.write(shells[shell](describeCommands(root)))
      end(0)
    })
}
