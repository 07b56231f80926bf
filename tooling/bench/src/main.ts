import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { CaseResult } from './bench-case.ts'
import { cases } from './cases.ts'
import { describeMachine } from './machine.ts'
import { page } from './markdown.ts'
import type { Settings } from './measure.ts'
import { failure, heading, row, summary } from './report.ts'

const help = `pnpm bench [--quick] [--json FILE] [--markdown FILE] [--only ID…]

Measures sealing and opening beside the bare node:crypto primitives doing the same work (limit), the AWS
Encryption SDK for JavaScript and age-encryption, all in this process and in turns, and prints medians.

  --quick       fewer samples: about 40 seconds instead of some minutes
  --json FILE   write the figures and the machine as JSON
  --markdown FILE  write the same as a page, for docs/results
  --only ID     only the cases whose id contains ID; may be repeated, and more ids may follow
  --list        print the ids and end
  --help        this text

Units: us = microseconds, MB/s = 10^6 plaintext bytes a second, ms, x = times. tooling/bench/README.md defines
every case.`

const full: Settings = {
  quick: false,
  batchMs: 25,
  warmUpMs: 400,
  shareMs: 1_500,
  minRounds: 21,
  minPeerRounds: 5,
  maxRounds: 60,
  processRounds: 41,
  fileRounds: 5,
}
const quick: Settings = {
  quick: true,
  batchMs: 6,
  warmUpMs: 50,
  shareMs: 60,
  minRounds: 9,
  minPeerRounds: 3,
  maxRounds: 15,
  processRounds: 11,
  fileRounds: 1,
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      markdown: { type: 'string' },
      only: { type: 'string', multiple: true },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  if (values.help) return print(help)
  const wanted = [...(values.only ?? []), ...positionals]
  const chosen = cases.filter(({ id }) => wanted.length === 0 || wanted.some((part) => id.includes(part)))
  if (values.list) return print(chosen.map(({ id }) => id).join('\n'))
  if (chosen.length === 0) {
    print(`No case is named like ${wanted.join(', ')}; --list prints the ids.`)
    return 2
  }
  const { cpu, cores, node, openssl } = describeMachine(values.quick)
  print(`${cpu}, ${cores} cores, Node ${node}, OpenSSL ${openssl}\n`)
  print(heading())
  const results: CaseResult[] = []
  let failed = 0
  for (const { id, run } of chosen) {
    try {
      const result = await run(values.quick ? quick : full)
      results.push(result)
      print(row(result))
    } catch (error) {
      failed += 1
      print(failure(id, error))
    }
  }
  print(`\n${summary(results)}`)
  const machine = describeMachine(values.quick)
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify({ machine, cases: results }, null, 2)}\n`)
  }
  if (values.markdown !== undefined)
    await writeFile(values.markdown, page(machine, results, process.argv.slice(2)))
  return failed === 0 ? 0 : 1
}

function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

process.exitCode = await main()
