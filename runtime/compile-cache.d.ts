export function compileCacheFolder(
  env?: Readonly<Record<string, string | undefined>>,
  uid?: number,
): string | undefined;
