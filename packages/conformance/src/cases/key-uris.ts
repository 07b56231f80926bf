import { formatKeyUri, isKeywrightError, type Kek, limits, parseKeyUri } from '@keywright/core'
import type { ConformanceCase } from '../conformance-case.ts'
import { expectRefusal, expectThat } from '../expectation.ts'

/** Endings and beginnings that would lead a path or a URL elsewhere if they were glued in unread. */
const injections = [
  '/../second',
  '/..',
  '/./',
  '//',
  '%2f..%2fsecond',
  '%2e%2e',
  '#fragment',
  '\\..\\second',
  '\n',
  '\r\nX-Injected: 1',
  '\0',
  ' ',
  '"',
  '<',
  '@elsewhere.example',
  '\u202e',
]

/** The grammar of key URIs, both ways; no KEK made here is ever connected. */
export const keyUriCases: readonly ConformanceCase[] = [
  {
    id: 'key-uris.scheme',
    proves: 'a KEK carries the scheme of its provider, and its URI begins with it',
    negative: false,
    run: async ({ first, scheme }) => {
      expectThat(first.scheme === scheme, 'the KEK has another scheme than its harness says')
      expectThat(parseKeyUri(first.uri).scheme === scheme, 'the URI has another scheme than the KEK')
    },
  },
  {
    id: 'key-uris.canonical',
    proves: 'the canonical reference makes a key URI that the provider reads, and gives back unchanged',
    negative: false,
    run: async ({ first, reference, fromUri }) => {
      const uri = formatKeyUri(first.scheme, reference)
      expectThat(parseKeyUri(uri).reference === reference, 'the reference does not survive its own URI')
      expectThat(fromUri(uri).uri === uri, 'the provider writes the URI differently')
    },
  },
  {
    id: 'key-uris.other-scheme',
    proves: 'the URI of another provider is refused',
    negative: true,
    run: async ({ reference, fromUri }) => {
      for (const scheme of ['elsewhere', 'https', 'file']) {
        await expectRefusal('configuration', () => fromUri(`${scheme}://${reference}`), scheme)
      }
    },
  },
  {
    id: 'key-uris.no-name',
    proves: 'a URI without a key, and text that is no URI, are refused',
    negative: true,
    run: async ({ scheme, fromUri }) => {
      for (const text of ['', scheme, `${scheme}:`, `${scheme}://`, `//${scheme}`, `${scheme} ://x`]) {
        await expectRefusal('configuration', () => fromUri(text), JSON.stringify(text))
      }
    },
  },
  {
    id: 'key-uris.too-long',
    proves: 'a URI longer than any reference may be is refused',
    negative: true,
    run: async ({ scheme, fromUri }) => {
      const uri = formatKeyUri(scheme, 'a'.repeat(limits.referenceBytes + 1))
      await expectRefusal('configuration', () => fromUri(uri))
    },
  },
  {
    id: 'key-uris.injection',
    proves: 'paths, fragments, escapes, controls and hosts inside a key name are refused',
    negative: true,
    run: async ({ scheme, reference, fromUri }) => {
      for (const injection of injections) {
        for (const name of [`${reference}${injection}`, `${injection}${reference}`]) {
          let kek: Kek | undefined
          try {
            kek = fromUri(formatKeyUri(scheme, name))
          } catch (error) {
            expectThat(
              isKeywrightError(error, 'configuration'),
              `${JSON.stringify(name)}: not a configuration error`,
            )
          }
          await kek?.close()
          expectThat(kek === undefined, `${JSON.stringify(name)} was accepted as a key`)
        }
      }
    },
  },
  {
    id: 'key-uris.no-secrets',
    proves: 'the URI of a KEK, which stands in messages and headers, holds no credential',
    negative: true,
    run: async ({ first, reference, stage }) => {
      for (const secret of stage.secrets ?? []) {
        expectThat(
          !first.uri.includes(secret) && !reference.includes(secret),
          'a credential stands in the URI',
        )
      }
    },
  },
]
