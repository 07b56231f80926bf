#!/usr/bin/env node
import process from 'node:process'
import { help, readCommandLine, UsageError } from './command-line.ts'
import { startControlEndpoint } from './control-endpoint.ts'
import { callLine } from './control-routes.ts'
import { movableClock } from './movable-clock.ts'
import { environmentOf, startServices, stopServices } from './service.ts'
import { shellLines } from './shell-lines.ts'

async function main(args: readonly string[]): Promise<number> {
  const asked = readCommandLine(args)
  if (asked.help) {
    console.log(help)
    return 0
  }
  // From here on a signal is an end in good order, also while the services start.
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
  const clock = movableClock()
  const services = await startServices(asked.services, { ...asked, now: clock.now })
  const control = await startControlEndpoint(services, clock)
  const environment = {
    ...environmentOf(services),
    KEYWRIGHT_EMULATORS_CONTROL: control.url,
    KEYWRIGHT_EMULATORS_TOKEN: control.token,
  }
  if (asked.verbose)
    for (const { name, emulator } of services)
      emulator.calls.listen((call) => console.error(callLine(name, call)))
  if (asked.json) {
    const keys = Object.fromEntries(services.map(({ name, key }) => [name, key]))
    console.log(JSON.stringify({ environment, keys, control: { url: control.url, token: control.token } }))
  } else {
    console.log(shellLines(environment).join('\n'))
    console.error('Ready. Paste these lines into another shell; Ctrl-C here ends the emulators.')
  }
  await interrupted
  await control.close()
  await stopServices(services)
  return 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
