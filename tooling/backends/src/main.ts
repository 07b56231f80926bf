import { dirname, isAbsolute } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { BackendMissing } from './backend.ts'
import { startDetached, stopDetached } from './detached.ts'
import { collisions, exportLines, joinedEnvironment } from './environment-lines.ts'
import { goCommand, missingGo } from './go-toolchain.ts'
import { installBackend } from './install-backend.ts'
import { listBackends, listLines } from './list-backends.ts'
import { backendNames, loadBackend } from './registry.ts'
import { type RunningState, readState, readStates } from './running-state.ts'

const help = `pnpm backends COMMAND [OPTION… NAME…]       servers for tests and daily work
  start [NAME…]    installs what is missing, starts, waits until ready, prints the environment; without a
                   name those of tier 1
  stop [NAME…]     stops them and removes what they wrote; without a name all that this script started
  env [NAME…]      prints the environment again: eval "$(pnpm -s backends env)"
  list [NAME…]     tier, version and state of each, and how to get what this machine lacks
  install [NAME…]  installs and starts nothing
  go               fetches Go where the machine has none that is new enough, and prints its folder then
  --tier N         instead of names, all of tier 1, 2 or 3
  --json           prints one JSON document
  --help
Names: ${backendNames().join(', ')}
Exit code: 0 done, 1 something did not start or does not run, 2 not understood.
Without pnpm on the machine: npm run --silent backends -- COMMAND …`

type Command = (names: readonly string[], json: boolean) => Promise<number>

const commands: Readonly<Record<string, Command>> = { start, stop, env, list, install, go }

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    return misunderstood((error as Error).message)
  }
  const { values, positionals } = parsed
  const [verb = '', ...given] = positionals
  if (values.help || (verb === '' && args.length === 0)) {
    console.log(help)
    return values.help ? 0 : 2
  }
  const command = commands[verb]
  if (command === undefined) return misunderstood(`There is no command ${verb}.`)
  const unknown = given.find((name) => !backendNames().includes(name))
  if (unknown !== undefined) return misunderstood(`There is no backend ${unknown}.`)
  const names = values.tier === undefined ? given : await ofTier(Number(values.tier))
  return command(names, values.json)
}

function parse(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      tier: { type: 'string' },
    },
  })
}

function misunderstood(message: string): number {
  console.error(`${message}\n\n${help}`)
  return 2
}

function say(line: string): void {
  console.error(line)
}

async function ofTier(tier: number): Promise<readonly string[]> {
  const all = await Promise.all(backendNames().map(loadBackend))
  return all.filter((backend) => backend.tier === tier).map(({ name }) => name)
}

/** Does the same to each name at once; a failure is one line, and makes the exit code 1. */
async function each<Result>(
  names: readonly string[],
  body: (name: string) => Promise<Result>,
): Promise<Result[]> {
  const settled = await Promise.allSettled(names.map(body))
  return settled.flatMap((result, at) => {
    if (result.status === 'fulfilled') return [result.value]
    const { message } = result.reason as Error
    const missing = result.reason instanceof BackendMissing
    say(missing ? `${names[at]} is missing: ${message}` : `${names[at]}: ${message}`)
    return []
  })
}

async function start(given: readonly string[], json: boolean): Promise<number> {
  const names = given.length > 0 ? given : await ofTier(1)
  const states = await each(names, async (name) => {
    await installBackend(await loadBackend(name), say)
    const state = await startDetached(name)
    say(`${name}: ready, version ${state.version}`)
    return state
  })
  printEnvironment(states, json)
  return states.length === names.length ? 0 : 1
}

async function stop(given: readonly string[], json: boolean): Promise<number> {
  const names = given.length > 0 ? given : readStates().map(({ name }) => name)
  const stopped = await each(names, async (name) => ((await stopDetached(name)) ? [name] : []))
  for (const name of stopped.flat()) say(`${name}: stopped`)
  if (json) console.log(JSON.stringify({ stopped: stopped.flat() }))
  return stopped.length === names.length ? 0 : 1
}

async function env(given: readonly string[], json: boolean): Promise<number> {
  const states = given.length > 0 ? given.flatMap((name) => readState(name) ?? []) : readStates()
  printEnvironment(states, json)
  for (const name of given.filter((one) => !states.some((state) => state.name === one)))
    say(`${name} does not run: pnpm backends start ${name}`)
  return states.length < given.length ? 1 : 0
}

async function list(given: readonly string[], json: boolean): Promise<number> {
  const listed = await listBackends(given.length > 0 ? given : backendNames())
  console.log(json ? JSON.stringify(listed) : listLines(listed).join('\n'))
  return 0
}

async function install(given: readonly string[], json: boolean): Promise<number> {
  const names = given.length > 0 ? given : await ofTier(1)
  const done = await each(names, async (name) => {
    await installBackend(await loadBackend(name), say)
    return name
  })
  if (json) console.log(JSON.stringify({ installed: done }))
  return done.length === names.length ? 0 : 1
}

async function go(): Promise<number> {
  const missing = await missingGo()
  if (missing !== undefined) {
    say(`Go is missing: it ${missing}`)
    return 1
  }
  const command = await goCommand(say)
  if (isAbsolute(command)) console.log(dirname(command))
  return 0
}

function printEnvironment(states: readonly RunningState[], json: boolean): void {
  const environment = joinedEnvironment(states)
  for (const line of collisions(states)) say(line)
  if (json) {
    const backends = states.map(({ name, version, environment: own }) => ({
      name,
      version,
      environment: own,
    }))
    console.log(JSON.stringify({ environment, backends }))
  } else {
    for (const line of exportLines(environment)) console.log(line)
  }
}
