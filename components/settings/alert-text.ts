// The fields of the alert settings as they are typed, by key.
export type AlertText = Readonly<Record<string, string>>;
