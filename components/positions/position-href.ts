// Address of a position's page; the pair comes along so that nothing has to be searched.
export function positionHref(position: { readonly positionId: string; readonly pairId: string }): string {
  return `/positions/${encodeURIComponent(position.positionId)}?pair=${encodeURIComponent(position.pairId)}`;
}
