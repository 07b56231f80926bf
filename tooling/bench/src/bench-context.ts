/** The encryption context that every contestant is given: one tenant, one purpose. */
export const context: Readonly<Record<'purpose' | 'tenant', string>> = {
  purpose: 'payment',
  tenant: 'acme-corporation-eu',
}
