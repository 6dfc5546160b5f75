// Address of a pool's page.
export function poolHref(pool: { readonly chainId: number; readonly address: string }): string {
  return `/pools/${pool.chainId}/${pool.address.toLowerCase()}`;
}
