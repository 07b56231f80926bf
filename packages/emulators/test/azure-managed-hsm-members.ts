/** Members of a key's attributes in the order of the wire, before and since 2025. */
export const attributes =
  'attributes.created attributes.enabled attributes.exportable attributes.recoverableDays attributes.recoveryLevel attributes.updated'
export const attributes2025: string = attributes.replace('exportable', 'exportable attributes.key_size')

/** The answer to a wrap or unwrap, and to most encryptions. */
export const operation = { evidence: 'recorded', status: 200, members: 'alg kid value' } as const
