import { classifyGcpKmsError } from './error-codes.ts'
import type { CallOptions, GcpKmsClient, VersionAnswer } from './gcp-kms-client.ts'

/** Versions that a description lists, and that a page is asked to have; the service sets no bound. So many pages, too. */
export const maxVersions = 1_000

/**
 * The versions of a key, oldest first, page by page: where Google's client turns the pages, a call that meets the end
 * of the client never settles, and leaves a rejection that ends the process.
 *
 * @param client reaches the service
 * @param parent the key's full name
 * @param call makes the options of one call
 * @returns undefined for a caller who may not list them
 */
export async function listVersions(
  client: GcpKmsClient,
  parent: string,
  call: () => CallOptions,
): Promise<readonly VersionAnswer[] | undefined> {
  const listed: VersionAnswer[] = []
  let pageToken = ''
  let pages = 0
  try {
    do {
      const request = { parent, pageSize: maxVersions, pageToken }
      const [page, next] = await client.listCryptoKeyVersions(request, { ...call(), autoPaginate: false })
      listed.push(...page)
      pageToken = next?.pageToken ?? ''
      pages += 1
    } while (pageToken !== '' && listed.length < maxVersions && pages < maxVersions)
    return listed.slice(0, maxVersions)
  } catch (error) {
    if (classifyGcpKmsError(error, { operation: 'describeKey' }).code !== 'access-denied') throw error
    return undefined
  }
}
