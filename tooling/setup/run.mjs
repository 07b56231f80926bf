// Sets up, then runs a script of the workspace:
//   run.mjs [--command] SCRIPT ARGUMENT…   with Node; --command: only the command's own packages, in the caller's folder
//   run.mjs --bin NAME ARGUMENT…           a tool in node_modules/.bin
import { join } from 'node:path'
import process from 'node:process'
import { launch, main } from './launch.mjs'
import { root, setUp } from './setup.mjs'

await main(([first, ...rest]) => {
  if (first === '--bin') {
    setUp('all')
    const [name, ...args] = rest
    return launch(join(root, 'node_modules/.bin', name), args)
  }
  const command = first === '--command'
  const node = setUp(command ? 'command' : 'all')
  const [script, ...args] = command ? rest : [first, ...rest]
  // npm and pnpm change to the root; INIT_CWD is where the user stands.
  return launch(
    node,
    [join(root, script), ...args],
    command ? { cwd: process.env.INIT_CWD ?? process.cwd() } : {},
  )
})
