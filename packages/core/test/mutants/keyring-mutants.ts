import { type Mutant, mutant } from './mutant.ts'

const unwrap = 'keyring/unwrap-data-key.ts'
const cache = 'cache/dek-cache.ts'

/** Faults in what is accepted, by whom, and for how long. */
export const keyringMutants: readonly Mutant[] = [
  mutant(
    'no key check',
    unwrap,
    "if (!equalBytes(found, header.keyCheck)) throw wrongKey('keyCheck')\n    return\n",
    'return\n',
    'keyring.test.ts > a key that unwraps but is another one fails the key check',
  ),
  mutant(
    'no share check',
    unwrap,
    'if (!equalBytes(found, place.shareCheck))',
    'if (found.length === 0)',
    'k-of-n.test.ts > a share that unwraps but is another one fails its share check and names its slot',
  ),
  mutant(
    'k taken from the header',
    'keyring/slot-matching.ts',
    'if (table.threshold < policy.minThreshold)',
    'if (table.threshold < 1)',
    'k-of-n.test.ts > the smaller threshold of a table is refused before any call',
  ),
  {
    name: '33 bytes accepted from a decorated KEK',
    changes: [
      {
        file: unwrap,
        find: 'if (dataKey.length !== limits.dataKeyBytes)',
        replace: 'if (dataKey.length < 32)',
      },
      {
        file: 'body/derive.ts',
        find: 'if (bytes.length !== limits.dataKeyBytes)',
        replace: 'if (bytes.length < 32)',
      },
    ],
    killedBy:
      'keyring.test.ts > a KEK whose answers have the wrong length is refused even when a decorator let it through',
  },
  mutant(
    'a data key of zeros accepted',
    'keyring/data-key.ts',
    'if (bytes.every((byte) => byte === 0))',
    'if (bytes.length === 0)',
    'keyring.test.ts > a data key of zeros is refused',
  ),
  mutant(
    'more than two unwrap calls per KEK',
    'keyring/slot-matching.ts',
    '.slice(0, limits.unwrapCallsPerKek)',
    '',
    'keyring.test.ts > a KEK is asked at most twice for one envelope',
  ),
  {
    name: 'a KEK of a group counts again where it is named for opening',
    changes: [
      { file: 'keyring/policy.ts', find: '.filter((kek) => !grouped.has(kek))', replace: '' },
      { file: unwrap, find: ' && !counted.has(canonicalName(one))', replace: '' },
    ],
    killedBy: 'k-of-n.test.ts > a KEK of a group that is named again for opening still gives one share',
  },
  mutant(
    'a KEK counts once for each of its names',
    unwrap,
    ' && !counted.has(canonicalName(one))',
    '',
    'k-of-n.test.ts > a KEK under two names gives one share',
  ),
  mutant(
    'share index 0 combined',
    'keyring/shares.ts',
    ' || indices.has(0)',
    '',
    'k-of-n.test.ts > an index of 0 is refused before any arithmetic',
  ),
  mutant(
    'public-key wrap accepted beside others',
    'keyring/slot-matching.ts',
    'if (policy.acceptPublicKeyWrap) return',
    'if (policy.minThreshold > 0) return',
    'forgeries.test.ts > an envelope forged with a public key is refused by a keyring that mixes it with other keys',
  ),
  mutant(
    'withheld values sent to a log',
    'keyring/wrap-data-key.ts',
    'if (!withholds || policy.bindWithheldNatively) return',
    'if (withholds) return',
    'keyring.test.ts > withheld values reach a key manager that logs them only where that was asked for',
  ),
  mutant(
    'a failed wrap passed over in silence',
    'keyring/wrap-data-key.ts',
    'if (policy.proceed === undefined || ',
    'if (',
    'keyring.test.ts > a failing KEK fails the seal',
  ),
  mutant(
    'an unavailable KEK ends the open',
    unwrap,
    'failures.push({ key: candidate.kek.uri, code: error.code })',
    'throw error',
    'keyring.test.ts > an unavailable KEK is passed over for the next',
  ),
  mutant(
    'context pairs concatenated without lengths',
    'cache/partition.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a piece of source text
    'text += `${name.length}:${name}${value.length}:${value}`',
    'text += name + value',
    'cache-partition.test.ts > neighbouring names and values cannot run into one another',
  ),
  mutant(
    'single-flight missing',
    cache,
    'if (loading === undefined) {',
    'if (loading === undefined || partition.length >= 0) {',
    'cache-sharing.test.ts > fifty parallel misses are one call to the key manager, sealing and opening',
  ),
  mutant(
    'cache entry never expires',
    cache,
    'this.#now() < entry.expiresAtMs &&',
    '',
    'cache-limits.test.ts > an entry expires at its age',
  ),
  mutant(
    'age counted from the answer',
    cache,
    'expiresAtMs: startedMs + this.#maxAgeMs',
    'expiresAtMs: this.#now() + this.#maxAgeMs',
    'cache-limits.test.ts > an entry is as old as the question to the key manager, not as its answer',
  ),
  mutant(
    'maxMessages ignored',
    cache,
    'entry.messages < this.#maxMessages &&',
    '',
    'cache-limits.test.ts > a DEK seals no more messages than allowed',
  ),
  mutant(
    'the message of who loads counted late',
    cache,
    'messages: 1,',
    'messages: 0,',
    'cache-limits.test.ts > parallel misses keep to the number of messages',
  ),
  mutant(
    'maxBytes ignored',
    cache,
    'entry.bytes + bytes <= this.#maxBytes',
    'bytes >= 0',
    'cache-limits.test.ts > a DEK seals no more bytes than allowed',
  ),
  mutant(
    'streams not counted',
    cache,
    'entry.bytes += more',
    'void more',
    'cache-limits.test.ts > a stream counts the bytes that it really sealed',
  ),
  mutant(
    'maxEntries ignored',
    cache,
    'if (this.#entries.size <= this.#maxEntries) return',
    'if (this.#entries.size > 0) return',
    'cache-limits.test.ts > the DEK unused for longest goes first',
  ),
  mutant(
    'a wipe under a user',
    cache,
    'entry.dropped = true\n    if (entry.users === 0) entry.value.dataKey.wipe()',
    'entry.dropped = true\n    entry.value.dataKey.wipe()',
    'cache-sharing.test.ts > a DEK is wiped after its last user released it, never under one',
  ),
  mutant(
    'a dropped DEK never wiped',
    cache,
    'if (entry.dropped && entry.users === 0) entry.value.dataKey.wipe()',
    '',
    'cache-sharing.test.ts > a DEK is wiped after its last user released it, never under one',
  ),
  mutant(
    'a DEK kept that arrives after the cache was cleared',
    cache,
    'if (epoch === this.#epoch) this.#keep(partition, entry)',
    'if (epoch <= this.#epoch) this.#keep(partition, entry)',
    'cache-sharing.test.ts > a DEK that arrives after the cache was cleared serves who asked, and is wiped then',
  ),
]
