import { test } from 'vitest'
import { commands, tellsItsFlags } from './help-of-commands.ts'
import { pinCommands, pinUris, refusesPin } from './pin-in-uri.ts'
import { lookForSecrets } from './secrets-in-output.ts'

test.each(pinUris)('a PIN in %s is refused by every command and not repeated', async (uri) => {
  for (const command of pinCommands) await refusesPin(uri, command)
})

test('neither passphrase, content nor key is in any output, in words and in JSON', () =>
  lookForSecrets(() => [[], ['--json']]))

test.each(commands)('%s --help tells its flags', tellsItsFlags)
