/** The fields of a case whose text is kept as one types. */
export const FIELDS = ["reply", "note", "reason"] as const;
export type Typed = Record<(typeof FIELDS)[number], string>;
