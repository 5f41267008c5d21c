/** The fields of a case whose text is stored as a draft while somebody types. */
export const FIELDS = ["reply", "note", "reason", "follow_up"] as const;
export type Typed = Record<(typeof FIELDS)[number], string>;
