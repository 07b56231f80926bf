import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { GenerateError, generateProvider } from './generate-provider.ts'

const help = `new-provider NAME [--package @scope/name]

Makes packages/providers/NAME: a provider that works against an example service in its own process and passes the
conformance suite. Replace the example by your service's client; CONTRIBUTING.md walks through it.

  NAME        the scheme of its key URIs and its folder, such as acme-kms
  --package   the package's name; default @keywright/NAME
`

async function main(args: readonly string[]): Promise<number> {
  const options = { package: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const [name, ...others] = positionals
  if (name === undefined || others.length > 0) throw new GenerateError('name one provider; see --help')
  const root = join(import.meta.dirname, '../../..')
  const written = await generateProvider({ root, name, packageName: values.package })
  process.stdout.write(`${written.join('\n')}\n
Next:
  npm run pnpm -- install                            links the new package
  npm run conformance -- --provider ${name}
  then replace src/example-client.ts by the service's client
`)
  return 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof GenerateError || (error instanceof TypeError && 'code' in error))) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
