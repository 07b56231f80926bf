import type { Scenario } from '../scenario.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Sets an unused bit of the last character. */
function dirtyTail(text: string): string {
  const last = alphabet.indexOf(text.slice(-1))
  return text.slice(0, -1) + alphabet.charAt(last + 1)
}

const refused = (
  id: string,
  title: string,
  text: (text: string) => string,
  more: Partial<Scenario> = {},
): Scenario => ({
  id: `text-${id}`,
  title,
  requirements: ['KW-TXT-2'],
  plaintext: 'text',
  text,
  code: 'malformed-envelope',
  ...more,
})

/** Spellings of one text envelope that are not its canonical one. */
export const textForm: readonly Scenario[] = [
  refused('white-space', 'white space inside the text is refused', (t) => `${t.slice(0, 40)} ${t.slice(40)}`),
  refused('leading-space', 'white space before the text is refused', (t) => ` ${t}`),
  refused('newline', 'a newline after the text is refused', (t) => `${t}\n`),
  refused('padding', 'padding is refused', (t) => `${t}${'='.repeat((4 - ((t.length - 4) % 4)) % 4)}`, {
    plaintext: 'text!',
  }),
  refused('trailing-bits', 'trailing bits other than zero are refused', dirtyTail, { plaintext: 'text!' }),
  refused(
    'other-alphabet',
    'the plus and slash of base64 are refused',
    (t) => t.replaceAll('-', '+').replaceAll('_', '/'),
    { plaintext: 300 },
  ),
  refused('upper-case-prefix', 'a prefix in another case is refused', (t) => t.replace('kw1:', 'KW1:')),
  refused('no-prefix', 'text without the prefix is refused', (t) => t.slice(4)),
  refused('next-version', 'another version in the prefix is refused', (t) => t.replace('kw1:', 'kw2:')),
  refused(
    'one-over',
    'a length that no base64url has is refused',
    (t) => `${t.slice(0, 4)}${t.slice(4, 9)}`,
    {
      requirements: ['KW-TXT-3'],
    },
  ),
  refused('layout', 'an envelope that is not compact is refused', (t) => t, {
    edit: (input) => input.with(5, 1),
  }),
  refused('truncated', 'text that ends early is refused with the code of its bytes', (t) => t.slice(0, 44), {
    requirements: ['KW-TXT-3', 'KW-HDR-7'],
    code: 'truncated',
  }),
  refused('empty', 'the prefix alone is a truncated envelope', () => 'kw1:', {
    requirements: ['KW-TXT-3', 'KW-HDR-7'],
    code: 'truncated',
  }),
]
