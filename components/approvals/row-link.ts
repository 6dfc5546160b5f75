// A link that makes its whole row or card open: the focus ring goes around all of it.
export const ROW_LINK =
  "font-title after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-tide";
