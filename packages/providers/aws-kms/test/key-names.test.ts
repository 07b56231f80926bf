import { isKeywrightError } from '@keywright/core'
import { expect, test } from 'vitest'
import { awsKms } from '../src/index.ts'

const id = '1234abcd-12ab-34cd-56ef-1234567890ab'
const arn = `arn:aws:kms:eu-west-1:111122223333:key/${id}`

function fieldOf(make: () => unknown): unknown {
  try {
    make()
    return 'ok'
  } catch (error) {
    return isKeywrightError(error, 'configuration') ? error.details.field : error
  }
}

test.each([
  `aws-kms://${arn}`,
  'aws-kms://arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab',
  'aws-kms://arn:aws-cn:kms:cn-north-1:111122223333:alias/orders',
  `aws-kms://${id}`,
  'aws-kms://alias/orders/eu_1-x',
  'aws-kms://alias/orders?region=eu-west-1',
  'aws-kms://alias/orders?context=digest',
  'aws-kms://alias/orders?region=eu-west-1&context=map',
])('%s is a key URI, and the KEK gives it back', async (uri) => {
  const kek = awsKms.fromUri(uri)
  expect(kek.uri).toBe(uri)
  await kek.close()
})

test.each([
  ['a name without alias/', 'aws-kms://orders'],
  ['a key id in capitals', `aws-kms://${id.toUpperCase()}`],
  ['another service', 'aws-kms://arn:aws:s3:eu-west-1:111122223333:key/x'],
  ['an account of eleven digits', `aws-kms://${arn.replace('111122223333', '11112222333')}`],
  ['a Region that is none', `aws-kms://${arn.replace('eu-west-1', 'eu west')}`],
  ['a path behind an alias', 'aws-kms://alias/../orders'],
  ['an unknown setting', 'aws-kms://alias/orders?endpoint=evil.example'],
  ['a setting twice', 'aws-kms://alias/orders?region=eu-west-1&region=eu-west-2'],
  ['settings in another order', 'aws-kms://alias/orders?context=map&region=eu-west-1'],
  ['an empty setting', 'aws-kms://alias/orders?region='],
  ['no setting after all', 'aws-kms://alias/orders?'],
  ['a third binding', 'aws-kms://alias/orders?context=none'],
])('refused as a key URI: %s', (_, uri) => {
  expect(fieldOf(() => awsKms.fromUri(uri))).toBe('key')
})

test.each([
  ['region', { key: 'alias/orders', region: 'Europe' }],
  ['region', { key: 'alias/orders', region: '' }],
  ['context', { key: 'alias/orders', context: 'none' as 'map' }],
  ['formerKeys', { key: 'alias/orders', formerKeys: ['alias/older'] }],
  ['formerKeys', { key: 'alias/orders', formerKeys: Array.from({ length: 17 }, () => arn) }],
  ['key', { key: '' }],
])('refused at once, with its name: an option %s out of bounds', (field, options) => {
  expect(fieldOf(() => awsKms(options))).toBe(field)
})
