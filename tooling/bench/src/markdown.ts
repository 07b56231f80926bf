import type { CaseResult } from './bench-case.ts'
import type { Machine } from './machine.ts'
import { besideLines, cells, judgements, titles } from './report.ts'

/**
 * A run as a page: machine and command, targets, all figures, and what bounds the targets that were missed.
 *
 * @param args the command's arguments
 */
export function page(machine: Machine, results: readonly CaseResult[], args: readonly string[]): string {
  const { cpu, cores, memoryGiB, platform, node, openssl, date, load, quick } = machine
  return [
    '# Figures of the bench',
    '',
    `Written by \`npm run bench -- ${args.join(' ')}\` on ${date.slice(0, 10)}. What a case is and how it is measured: tooling/bench/README.md.`,
    '',
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}, OpenSSL ${openssl}. Medians of one ${quick ? 'quick ' : ''}run; load at its end ${load}.`,
    ...(load > 2 ? ['', busy] : []),
    '',
    '## Targets',
    '',
    ...table(
      ['case', 'target', '', 'figure'],
      judgements(results).map(({ id, text, verdict, reached }) => [id, text, verdict, reached]),
    ),
    '',
    '## All cases',
    '',
    'us and ms: less is better; MB/s (10⁶ plaintext bytes a second) and x: more is. "of limit" is the speed of ours as a share of the bare primitives\' in the same run.',
    '',
    ...table(
      titles,
      results.map((result) => cells(result)),
    ),
    '',
    ...besideLines(results).map((text) => `- ${text}`),
    ...boundOfPeers(results),
    '',
  ].join('\n')
}

// The bench itself keeps one core busy, and a second one in a few cases.
const busy =
  'Other programs were using this machine meanwhile. What bears that is the share of the limit in cases of small messages, as both take turns with many samples. Ratios to peers, which have few, and figures of two threads, of files and of process starts do not: repeat them on an idle machine.'

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}

/** Why a ratio to a peer has an end, by the cost of each call of the bare sequence; empty without such a profile. */
function boundOfPeers(results: readonly CaseResult[]): string[] {
  const beside = results.find(({ id }) => id === 'seal-1KiB-cached')?.beside
  if (beside === undefined) return []
  const cost = (name: string): number => beside[name] ?? Number.NaN
  const hmac = cost('HMAC-SHA-512-us')
  const key = cost('createSecretKey-us')
  const gcm = cost('AES-256-GCM-us')
  const random = cost('randomBytes-24-us')
  const sum = 2 * hmac + key + gcm + random
  return [
    '',
    '## What bounds the ratio to a peer',
    '',
    `A message of 1 KiB costs two HMAC-SHA-512 (${hmac.toFixed(1)} us each), one createSecretKey (${key.toFixed(1)}), one AES-256-GCM (${gcm.toFixed(1)}) and a salt (${random.toFixed(1)}): ${sum.toFixed(1)} us by these calls alone. Each salt gives its body a key of its own, so none of them can be kept from one message to the next. In brackets, the targets show the ratio that the bare sequence itself would reach: where that is hardly above the target, or below it, no implementation of this format on these primitives gets further.`,
  ]
}
