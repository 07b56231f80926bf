/** One request; `$name` in it stands for what an earlier step kept under that name. */
export interface Step {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object | string | undefined
  /** Keeps a field of the answer's data: its name, and where it is. */
  readonly keep?: Readonly<Record<string, string>> | undefined
  /** Default: the root's. */
  readonly token?: string | undefined
}

/** Steps in order on fresh keys; every answer is compared. */
export interface ComparisonRow {
  readonly title: string
  readonly steps: readonly Step[]
}

const post = (path: string, body: Step['body'] = {}, keep?: Step['keep']): Step => ({
  method: 'POST',
  path,
  body,
  keep,
})
const get = (path: string): Step => ({ method: 'GET', path })
const row = (title: string, ...steps: readonly Step[]): ComparisonRow => ({ title, steps })

const plaintext = Buffer.alloc(32, 7).toString('base64')
const a = Buffer.alloc(32, 1).toString('base64')
const b = Buffer.alloc(32, 2).toString('base64')
const made = post('transit/keys/k')
const derived = post('transit/keys/d', { derived: true })
const sealed = post('transit/encrypt/k', { plaintext, associated_data: a }, { c: 'ciphertext' })
const sealedByContext = post('transit/encrypt/d', { plaintext, context: a }, { c: 'ciphertext' })
const rotated = post('transit/keys/k/rotate')
const config = (body: object): Step => post('transit/keys/k/config', body)

/** What the emulator and the engine are both asked. */
export const comparisonRows: readonly ComparisonRow[] = [
  row(
    'a key is made, read, made again and listed',
    get('transit/keys?list=true'),
    made,
    get('transit/keys/k'),
    made,
    get('transit/keys?list=true'),
  ),
  ...['aes128-gcm96', 'aes256-gcm96', 'chacha20-poly1305', 'hmac', 'rot13'].map((type) =>
    row(
      `a key of type ${type}`,
      post('transit/keys/k', { type, ...(type === 'hmac' ? { key_size: 32 } : {}) }),
      get('transit/keys/k'),
    ),
  ),
  row(
    'a derived key and a convergent one',
    derived,
    get('transit/keys/d'),
    post('transit/keys/x', { derived: true, convergent_encryption: true }),
    get('transit/keys/x'),
    post('transit/keys/y', { convergent_encryption: true }),
  ),
  row(
    'a key that is not there',
    get('transit/keys/none'),
    post('transit/keys/none/rotate'),
    post('transit/keys/none/config', { deletion_allowed: true }),
    post('transit/keys/none/trim', { min_available_version: 1 }),
    { method: 'DELETE', path: 'transit/keys/none' },
    post('transit/decrypt/none', { ciphertext: 'vault:v1:AAAA' }),
    post('transit/rewrap/none', { ciphertext: 'vault:v1:AAAA' }),
    post('transit/datakey/plaintext/none'),
  ),
  row(
    'a rotation',
    made,
    sealed,
    rotated,
    get('transit/keys/k'),
    post('transit/encrypt/k', { plaintext }),
    post('transit/decrypt/k', { ciphertext: '$c', associated_data: a }),
    post('transit/encrypt/k', { plaintext, key_version: 1 }),
  ),
  row(
    'versions that cannot encrypt',
    made,
    rotated,
    post('transit/encrypt/k', { plaintext, key_version: 3 }),
    post('transit/encrypt/k', { plaintext, key_version: -1 }),
    config({ min_encryption_version: 2 }),
    post('transit/encrypt/k', { plaintext, key_version: 1 }),
  ),
  row(
    'min_decryption_version',
    made,
    sealed,
    rotated,
    config({ min_decryption_version: 2 }),
    get('transit/keys/k'),
    post('transit/decrypt/k', { ciphertext: '$c', associated_data: a }),
    config({ min_decryption_version: 1 }),
    post('transit/decrypt/k', { ciphertext: '$c', associated_data: a }),
  ),
  row(
    'configurations that are refused',
    made,
    config({ min_decryption_version: 2 }),
    config({ min_decryption_version: -1 }),
    config({ min_encryption_version: 2 }),
    config({ min_encryption_version: -1 }),
    rotated,
    config({ min_encryption_version: 1, min_decryption_version: 2 }),
  ),
  row(
    'a trim',
    made,
    rotated,
    post('transit/keys/k/trim'),
    post('transit/keys/k/trim', { min_available_version: 2 }),
    config({ min_decryption_version: 2, min_encryption_version: 2 }),
    post('transit/keys/k/trim', { min_available_version: 0 }),
    post('transit/keys/k/trim', { min_available_version: 3 }),
    post('transit/keys/k/trim', { min_available_version: 2 }),
    post('transit/keys/k/trim', { min_available_version: 1 }),
    config({ min_decryption_version: 1 }),
    get('transit/keys/k'),
  ),
  row(
    'a deletion',
    made,
    { method: 'DELETE', path: 'transit/keys/k' },
    config({ deletion_allowed: true }),
    { method: 'DELETE', path: 'transit/keys/k' },
    get('transit/keys/k'),
  ),
  row(
    'associated data',
    made,
    sealed,
    post('transit/decrypt/k', { ciphertext: '$c', associated_data: a }),
    post('transit/decrypt/k', { ciphertext: '$c', associated_data: b }),
    post('transit/decrypt/k', { ciphertext: '$c' }),
    post('transit/rewrap/k', { ciphertext: '$c', associated_data: a }),
  ),
  row(
    'associated data that is no base64',
    made,
    sealed,
    post('transit/encrypt/k', { plaintext, associated_data: '%' }),
    post('transit/decrypt/k', { ciphertext: '$c', associated_data: '%' }),
  ),
  row(
    'associated data of a wrong type',
    made,
    post('transit/encrypt/k', { plaintext: '', associated_data: {} }),
    post('transit/decrypt/k', { ciphertext: 'vault:v1:AAAA', associated_data: {} }),
  ),
  row(
    'a key that does not encrypt',
    post('transit/keys/m', { type: 'hmac', key_size: 32 }),
    post('transit/encrypt/m', { plaintext }),
    post('transit/encrypt/m', { plaintext, associated_data: a }),
    post('transit/decrypt/m', { ciphertext: 'vault:v1:AAAA' }),
    post('transit/datakey/wrapped/m'),
  ),
  row(
    'derivation',
    derived,
    sealedByContext,
    post('transit/decrypt/d', { ciphertext: '$c', context: a }),
    post('transit/decrypt/d', { ciphertext: '$c', context: b }),
    post('transit/decrypt/d', { ciphertext: '$c' }),
    post('transit/encrypt/d', { plaintext }),
    post('transit/rewrap/d', { ciphertext: '$c', context: a }),
    post('transit/rewrap/d', { ciphertext: '$c', context: b }),
    post('transit/encrypt/d', { plaintext, context: '%' }),
  ),
  ...['aes256-gcm96', 'chacha20-poly1305'].map((type) =>
    row(
      `ciphertexts that are none, under ${type}`,
      post('transit/keys/k', { type }),
      ...[
        '',
        'x',
        'vault:v',
        'vault:v1',
        'vault:v1:',
        'vault:vx:AAAA',
        'vault:v0:AAAA',
        'vault:v9:AAAA',
        'vault:v1:%',
        'vault:v1:AAAA',
        `vault:v1:${'A'.repeat(80)}`,
      ].map((ciphertext) => post('transit/decrypt/k', { ciphertext })),
    ),
  ),
  row(
    'plaintexts that are none',
    made,
    post('transit/encrypt/k'),
    post('transit/encrypt/k', { plaintext: '%' }),
    post('transit/encrypt/k', { plaintext: 'AAA' }),
    post('transit/encrypt/k', { plaintext: 'AA=A' }),
    post('transit/encrypt/k', { plaintext: '' }),
  ),
  row(
    'an encrypt under an unknown name makes the key',
    post('transit/encrypt/k', { plaintext }),
    get('transit/keys/k'),
    post('transit/encrypt/d', { plaintext, context: a }),
    get('transit/keys/d'),
    post('transit/encrypt/t', { plaintext, type: 'chacha20-poly1305' }),
    get('transit/keys/t'),
    post('transit/encrypt/u', { plaintext, type: 'rot13' }),
  ),
  row(
    'unless that is turned off',
    post('transit/config/keys', { disable_upsert: true }),
    post('transit/encrypt/k', { plaintext }),
    get('transit/keys/k'),
    post('transit/config/keys', { disable_upsert: false }),
    post('transit/encrypt/k', { plaintext }),
  ),
  row(
    'data keys',
    made,
    derived,
    post('transit/datakey/plaintext/k'),
    post('transit/datakey/wrapped/k'),
    post('transit/datakey/plaintext/k', { bits: 128 }),
    post('transit/datakey/plaintext/k', { bits: 512 }),
    post('transit/datakey/plaintext/k', { bits: 100 }),
    post('transit/datakey/naked/k'),
    post('transit/datakey/plaintext/k', { associated_data: a }),
    post('transit/datakey/plaintext/d', { context: a }),
    post('transit/datakey/plaintext/d'),
    post('transit/datakey/plaintext/d', { context: '%' }),
  ),
  row(
    'random bytes',
    post('transit/random'),
    post('transit/random/16'),
    post('transit/random', { bytes: 8, format: 'hex' }),
    post('transit/random', { bytes: 0 }),
    post('transit/random', { bytes: 200_000 }),
    post('transit/random', { format: 'base58' }),
  ),
  row(
    'a batch of encrypts',
    made,
    post('transit/encrypt/k', {
      batch_input: [
        { plaintext, associated_data: a, reference: 'one' },
        { plaintext, associated_data: b },
      ],
    }),
  ),
  row(
    'a batch of encrypts in which one fails',
    made,
    post('transit/encrypt/k', { batch_input: [{ plaintext }, { plaintext: '%' }] }),
    post('transit/encrypt/k', {
      batch_input: [{ plaintext }, { plaintext: '%' }],
      partial_failure_response_code: 207,
    }),
    post('transit/encrypt/k', { batch_input: [{ plaintext: '%' }], partial_failure_response_code: 207 }),
    post('transit/encrypt/k', { batch_input: [{ plaintext }, { plaintext, associated_data: '%' }] }),
  ),
  row(
    'a batch of decrypts in which one fails',
    made,
    sealed,
    post('transit/decrypt/k', {
      batch_input: [
        { ciphertext: '$c', associated_data: a },
        { ciphertext: '$c', associated_data: b },
      ],
    }),
    post('transit/decrypt/k', {
      batch_input: [{ ciphertext: '$c', associated_data: a }, { ciphertext: '' }],
      partial_failure_response_code: 202,
    }),
    post('transit/decrypt/k', { batch_input: [{ ciphertext: '$c', associated_data: a }] }),
  ),
  row(
    'a batch of rewraps in which one fails is a success',
    derived,
    sealedByContext,
    post('transit/rewrap/d', {
      batch_input: [
        { ciphertext: '$c', context: a },
        { ciphertext: '$c', context: b },
        { ciphertext: '', context: a },
      ],
    }),
  ),
  row(
    'batches that are none',
    made,
    post('transit/encrypt/k', { batch_input: [] }),
    post('transit/decrypt/k', { batch_input: [] }),
    post('transit/encrypt/k', { batch_input: [{ plaintext, context: a }, { plaintext }] }),
    post('transit/encrypt/k', { batch_input: [{}] }),
    post('transit/decrypt/k', { batch_input: [{}] }),
  ),
  row(
    'tokens that are none',
    made,
    { ...get('transit/keys/k'), token: 'unknown' },
    { ...get('transit/keys/k'), token: '' },
  ),
  row(
    'a place that is none',
    get('nowhere/keys/k'),
    post('nowhere/encrypt/k', { plaintext }),
    post('transit/unheard/k'),
  ),
  row(
    'methods that are none',
    made,
    { method: 'DELETE', path: 'transit/encrypt/k' },
    get('transit/encrypt/k'),
    get('transit/keys/k/rotate'),
  ),
  row('a body that is no JSON', made, post('transit/encrypt/k', '{')),
  row('looking at the token', get('auth/token/lookup-self')),
  row('a token is made', post('auth/token/create', { ttl: '60s' })),
  row('a renewal of what never ends', post('auth/token/renew-self')),
  row('a login that fails', { ...post('auth/approle/login', { role_id: 'x', secret_id: 'y' }), token: '' }),
]
